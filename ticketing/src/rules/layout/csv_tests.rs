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
    let sections = read(&table, "/csv").unwrap().sections;
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
    let sections = read("\u{feff}x,y,seat,row,section\n1,2,3,C,Stalls", "/csv").unwrap().sections;
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
        (row("Stalls,A,2,1000001,10,"), "row 3, column x: must be within 1000000 centimetres"),
        (row("Stalls,A,2,50,-1000001,"), "row 3, column y: must be within 1000000 centimetres"),
        (
            row("Stalls,A,1,50,10,"),
            "row 3, column seat: seat `1` of row `A` in `Stalls` is there twice, first in row 2",
        ),
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

/// A layout of the stalls, and of a floor that is stood on or seated.
fn hall() -> Plan {
    let seat = |x: i32, y: i32| serde_json::json!({ "label": "1", "x": x, "y": y });
    let section = |name: &str, x: i32, y: i32| serde_json::json!({ "name": name, "rows": [{ "label": "A", "seats": [seat(x, y)] }] });
    let outline = [[0, 0], [9, 0], [9, 9]].map(|[x, y]| serde_json::json!({ "x": x, "y": y }));
    let setup = |name: &str, part: &str| serde_json::json!({ "name": name, "contains": [part] });
    let plan = serde_json::json!({
        "sections": [section("Stalls", 0, 900), section("Chairs", 0, 0), section("Benches", 500, 0)],
        "areas": [{ "name": "Floor", "capacity": 500, "outline": outline }],
        "alternatives": [{ "name": "floor", "options": [
            setup("standing", "Floor"), setup("chairs", "Chairs"), setup("benches", "Benches")] }],
    });
    serde_json::from_value(plan).unwrap()
}

/// How the seats of these rows are refused, put into the hall.
fn misfits(rows: &str) -> Vec<String> {
    let mut plan = hall();
    let refusal = read(&format!("{HEAD}{rows}"), "/csv").unwrap().put_into(&mut plan, "/csv").unwrap_err();
    assert_eq!(refusal.code, Code::CsvInvalid);
    assert!(refusal.errors.iter().all(|error| error.pointer == "/csv"));
    refusal.errors.into_iter().map(|error| error.detail).collect()
}

#[test]
fn what_does_not_fit_into_the_layout_has_its_row_and_column_too() {
    hall().check("").unwrap();
    for (rows, told) in [
        ("Box,A,1,5,5,\nBox,A,2,5,5,\n", "row 3, column x: with its y it is where seat `1` of row `A` in `Box` stands"),
        // The one that stays comes before it in the layout, or after it.
        (
            "Box,A,1,5,5,\nBox,A,2,0,900,\n",
            "row 3, column x: with its y it is where seat `1` of row `A` in `Stalls` stands",
        ),
        ("Stalls,A,1,0,0,\n", "row 2, column x: with its y it is where seat `1` of row `A` in `Chairs` stands"),
        // In the table the other way round than in the layout.
        (
            "Chairs,A,1,7,7,\nStalls,A,1,7,7,\n",
            "row 3, column x: with its y it is where seat `1` of row `A` in `Chairs` stands",
        ),
        (
            "Box,A,1,5,5,\nFloor,A,1,6,6,\n",
            "row 3, column section: `Floor` is an area of the layout, which has no seats",
        ),
    ] {
        assert_eq!(misfits(rows), [told], "{rows}");
    }
    let many: String = (0..PARTS_MAX).map(|n| format!("S{n},A,1,{n},5000,\n")).collect();
    assert_eq!(misfits(&many), ["row 1001, column section: a layout has at most 1000 sections and areas together"]);
    let on_one_spot: String = (0..100).map(|n| format!("Box,A,{n},5,5,\n")).collect();
    assert_eq!(misfits(&on_one_spot).len(), SLIPS_MAX);
}

#[test]
fn what_fits_takes_the_place_of_its_sections_and_all_others_stay() {
    let mut plan = hall();
    let table = format!("{HEAD}Benches,B,1,0,0,\nBox,A,1,5,5,\n");
    read(&table, "/csv").unwrap().put_into(&mut plan, "/csv").unwrap();
    plan.check("").unwrap();
    let names: Vec<&str> = plan.sections.iter().map(|section| section.name.as_str()).collect();
    assert_eq!(names, ["Stalls", "Chairs", "Benches", "Box"]);
    assert_eq!(
        plan.sections[2].rows[0].label, "B",
        "where chairs and benches exclude each other they may stand on one spot"
    );
    assert_eq!(plan.sections[..2], hall().sections[..2]);
}
