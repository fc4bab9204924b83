//! Makes one table again of the values by key, the cells as a list. It must not change a value.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Wrong;
use super::layers::Merged;

impl Merged {
    /// The values as one table again, the cells as a list.
    pub(super) fn tree(&self) -> Result<Table, Wrong> {
        let mut root = Table::new();
        for (key, (value, _)) in &self.leaves {
            plant(&mut root, key, value).ok_or_else(|| self.clash(key))?;
        }
        if let Some(Value::Table(cells)) = root.remove("cells") {
            let mut cells: Vec<(usize, Value)> =
                cells.into_iter().filter_map(|(n, cell)| Some((n.parse().ok()?, cell))).collect();
            cells.sort_by_key(|(number, _)| *number);
            root.insert("cells".to_owned(), cells.into_iter().map(|(_, cell)| cell).collect::<Vec<_>>().into());
        }
        Ok(root)
    }

    /// A key that has a value and keys below it: the one that was given later is the mistake.
    fn clash(&self, key: &str) -> Wrong {
        let above =
            self.leaves.keys().find(|other| key.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('.')));
        let rank = |key: &str| self.leaves.get(key).map_or(0, |(_, source)| source.rank());
        match above {
            Some(above) if rank(above) >= rank(key) => {
                self.wrong(above, "it is a section and takes no value of its own", "set one of the keys below it")
            }
            Some(above) => self.wrong(key, &format!("{above} is a value, not a section"), &format!("set {above}")),
            None => self.wrong(key, "it is given twice", "give it once"),
        }
    }

    /// How many cells there are; their numbers must leave no gap.
    pub(super) fn count_cells(&self) -> Result<usize, Wrong> {
        let mut numbers = BTreeSet::new();
        for key in self.leaves.keys().filter(|key| key.starts_with("cells")) {
            let Some(number) = key.split('.').nth(1).and_then(|number| number.parse::<usize>().ok()) else {
                return Err(self.wrong(
                    key,
                    "it is no setting of a cell",
                    "write [[cells]] in a file, or cells.0.name",
                ));
            };
            numbers.insert(number);
        }
        let count = numbers.len();
        if let Some(gap) = (0..count).find(|number| !numbers.contains(number)) {
            let first = self.leaves.keys().find(|key| key.starts_with("cells.")).cloned().unwrap_or_default();
            return Err(self.wrong(
                &first,
                &format!("there is no cell {gap}"),
                "number the cells from 0 without a gap",
            ));
        }
        Ok(count)
    }
}

fn plant(table: &mut Table, key: &str, value: &Value) -> Option<()> {
    match key.split_once('.') {
        None => {
            let clear = !table.contains_key(key);
            clear.then(|| table.insert(key.to_owned(), value.clone())).map(drop)
        }
        Some((section, rest)) => {
            let below = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            plant(below.as_table_mut()?, rest, value)
        }
    }
}
