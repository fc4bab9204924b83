use super::*;

const HEAD: &str = "section,row,seat,x,y,attributes\n";

fn slips(table: &str) -> Vec<String> {
    let refusal = read(table, "/csv").unwrap_err();
    assert_eq!(refusal.code, Code::CsvInvalid);
    assert!(refusal.errors.iter().all(|error| error.pointer == "/csv"));
    refusal.errors.into_iter().map(|error| error.detail).collect()
}

#[test]
fn a_table_becomes_sections_rows_and_seats_in_its_order() {
    let table = format!(
        "{HEAD}Stalls,A,1,0,10,\r\nStalls,A,2,50,10,restricted_view\r\n\"Circle, left\",\"say \"\"B\"\"\",1,-5,900,wheelchair;companion\n\
         Stalls,B,1,0,110,\n\n"
    );
    let sections = read(&table, "/csv").unwrap();
    let names: Vec<&str> = sections.iter().map(|section| section.name.as_str()).collect();
    assert_eq!(names, ["Stalls", "Circle, left"]);
    let rows: Vec<(&str, usize)> = sections[0].rows.iter().map(|row| (row.label.as_str(), row.seats.len())).collect();
    assert_eq!(rows, [("A", 2), ("B", 1)]);
    assert_eq!(sections[0].rows[0].seats[1].attributes, [SeatAttribute::RestrictedView]);
    let circle = &sections[1].rows[0];
    assert_eq!((circle.label.as_str(), circle.seats[0].x, circle.seats[0].y), ("say \"B\"", -5, 900));
    assert_eq!(circle.seats[0].attributes, [SeatAttribute::Wheelchair, SeatAttribute::Companion]);
}

#[test]
fn columns_may_come_in_any_order_and_attributes_may_be_left_out() {
    let sections = read("\u{feff}x,y,seat,row,section\n1,2,3,C,Stalls", "/csv").unwrap();
    let seat = &sections[0].rows[0].seats[0];
    assert_eq!((seat.label.as_str(), seat.x, seat.y, sections[0].rows[0].label.as_str()), ("3", 1, 2, "C"));
}

#[test]
fn every_slip_has_its_row_and_column() {
    let row = |row: &str| format!("{HEAD}Stalls,A,1,0,10,\n{row}\n");
    for (table, told) in [
        (String::new(), "row 1: the table is empty"),
        ("section,row,seat,x,z\n".to_owned(), "row 1, column z: is not known here"),
        ("section,row,seat,x,y,x\n".to_owned(), "row 1, column x: is there twice"),
        ("section,row,seat,x\n".to_owned(), "row 1, column y: is missing"),
        (HEAD.to_owned(), "row 2: there is no seat in the table"),
        (row("Stalls,A,2,fifty,10,"), "row 3, column x: must be a whole number of centimetres, not `fifty`"),
        (row("Stalls,A,2,50,1.5,"), "row 3, column y: must be a whole number of centimetres, not `1.5`"),
        (row("Stalls,,2,50,10,"), "row 3, column row: must be 1 to 200 bytes of text"),
        (row("Stalls,A,2,50,10,comfy"), "row 3, column attributes: `comfy` is none of"),
        (row("Stalls,A,2,50"), "row 3: has 4 columns instead of 6"),
        (row("Stalls,\"A,2,50,10,"), "row 3: has 2 columns instead of 6"),
    ] {
        let found = slips(&table);
        assert!(found[0].starts_with(told), "{table:?}: {found:?}");
    }
}

#[test]
fn all_slips_are_told_at_once_up_to_a_bound() {
    let found = slips(&format!("{HEAD}S,A,1,a,b,\nS,A,2,0,0,\nS,A,3,0,c,\n"));
    assert_eq!(found.len(), 3);
    assert!(found[2].starts_with("row 4, column y"), "{found:?}");
    let many = format!("{HEAD}{}", "S,A,1,a,0,\n".repeat(1_000));
    assert_eq!(slips(&many).len(), SLIPS_MAX);
}
