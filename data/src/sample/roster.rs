//! Writes the member rosters: a workbook with title lines, and a CSV file in GB18030.

use rayon::prelude::*;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::csv_file::Encoding;
use super::dirt::{self, Row};
use super::error::SampleError;
use super::folder::Folder;
use super::members::{BirthSource, Member};
use super::options::CheckedOptions;
use super::output::{OutputFolder, row};
use super::sample_file::Header;
use super::summary::{Dirt, FileSummary};
use super::time::Period;
use super::{ids, places};
use crate::{Gender, Table};

const HEADERS: [Header; 17] = [
    ("序号", ""),
    ("会员编号", "member_id"),
    ("姓名", ""),
    ("性别", "gender"),
    ("出生日期", "birth_date"),
    ("身份证号码", "id_number"),
    ("手机号", ""),
    ("所属工会", "union_id"),
    ("居住地", "home_district"),
    ("单位所在区", "work_district"),
    ("入会日期", "joined_at"),
    ("微信openid", "openid"),
    ("关注时间", "followed_at"),
    ("取关时间", "unfollowed_at"),
    ("个性化推荐", "personalised"),
    ("愿意组队", "team_match"),
    ("职务", ""),
];
/// Number of title rows above the header.
const TITLE_ROWS: u32 = 2;
/// Largest number of members in the workbook. The others go to CSV files.
const SHEET_ROWS: u32 = 40_000;
/// Members in a file of a large sample.
const FILE_ROWS: usize = 250_000;

/// Writes `members.xlsx` with four of five members and `members-2.csv` with the others, in large samples several such files; or
/// all members in the sample's other format.
///
/// # Errors
/// [`SampleError::Workbook`], [`SampleError::Write`].
pub(super) fn write(
    members: &[Member],
    options: &CheckedOptions,
    period: &Period,
    output: &mut OutputFolder<'_>,
) -> Result<(), SampleError> {
    let folder = output.folder;
    let as_sent = folder.has_files_as_sent();
    let in_sheet = if as_sent { (options.members / 5 * 4).min(SHEET_ROWS) as usize } else { 0 };
    let (sheet, rest) = members.split_at(in_sheet.min(members.len()));
    if as_sent {
        let path = folder.path("members.xlsx");
        let made = workbook(sheet, options, period, &folder);
        let (mut workbook, summary) = made.map_err(|source| SampleError::Workbook { path: path.clone(), source })?;
        workbook.save(&path).map_err(|source| SampleError::Workbook { path, source })?;
        output.add(summary);
    }
    // Excel saves dates as displayed: with slashes and without leading zeros.
    let date = if as_sent { "%Y/%-m/%-d" } else { "%Y-%m-%d" };
    let size = if options.is_large() { FILE_ROWS } else { rest.len().max(1) };
    let part = |(part, rows): (usize, &[Member])| {
        let name = format!("members-{}", part + if as_sent { 2 } else { 1 });
        let mut file = folder.create(&name, Table::Members, Encoding::Gb18030, &HEADERS, rows.len() as f64)?;
        for (number, member) in ((in_sheet + part * size) as u32..).zip(rows) {
            file.row(cells(number, member, options, period, date))?;
        }
        file.finish()
    };
    let written: Vec<Result<FileSummary, SampleError>> = rest.par_chunks(size).enumerate().map(part).collect();
    for summary in written {
        output.add(summary?);
    }
    Ok(())
}

fn workbook(
    members: &[Member],
    options: &CheckedOptions,
    period: &Period,
    folder: &Folder<'_>,
) -> Result<(Workbook, FileSummary), XlsxError> {
    let mut workbook = Workbook::new();
    // A fixed creation time, so that equal options give equal bytes.
    let created = ExcelDateTime::from_timestamp(options.as_of.timestamp())?;
    workbook.set_properties(&DocProperties::new().set_title("样例会员名册").set_creation_datetime(&created));
    let mut summary = FileSummary::new("members.xlsx".to_owned(), Table::Members);
    summary.unknown_columns =
        HEADERS.iter().filter(|header| header.1.is_empty()).map(|header| header.0.to_owned()).collect();
    let columns: Vec<&'static str> = HEADERS.iter().map(|header| header.1).collect();
    let mut damager = folder.damager("members.xlsx", dirt::SHEET, members.len() as f64);

    let sheet = workbook.add_worksheet();
    sheet.set_name("会员名册")?;
    let centred = Format::new().set_bold();
    sheet.merge_range(0, 0, 0, HEADERS.len() as u16 - 1, "样例园区总工会会员名册（虚构数据）", &centred)?;
    let today = period.date(period.end).format("填报日期：%Y年%-m月%-d日").to_string();
    sheet.write_string(1, 0, today)?;
    let mut writer = Rows { sheet, next: TITLE_ROWS, date: Format::new().set_num_format("yyyy/m/d") };
    writer.write(&HEADERS.map(|header| header.0.to_owned()), None)?;
    for (number, member) in (0_u32..).zip(members) {
        let mut good = cells(number, member, options, period, "%Y-%m-%d");
        let extra = damager.process(&mut good, &columns, &mut summary);
        if let Some(extra) = extra.as_ref().filter(|extra| extra.goes_before) {
            writer.write(&extra.row, Some(extra.dirt))?;
        }
        writer.write(&good, None)?;
        if let Some(extra) = extra.as_ref().filter(|extra| !extra.goes_before) {
            writer.write(&extra.row, Some(extra.dirt))?;
        }
    }
    summary.rows = u64::from(writer.next - TITLE_ROWS - 1);
    Ok((workbook, summary))
}

/// Writes rows from top to bottom.
struct Rows<'a> {
    sheet: &'a mut Worksheet,
    next: u32,
    date: Format,
}

impl Rows<'_> {
    fn write(&mut self, cells: &[String], dirt: Option<Dirt>) -> Result<(), XlsxError> {
        for (column, (cell, (_, name))) in (0_u16..).zip(cells.iter().zip(&HEADERS)) {
            let number =
                cell.parse::<f64>().ok().filter(|_| *name == "id_number" && dirt == Some(Dirt::DamagedIdNumber));
            let date = ExcelDateTime::parse_from_str(cell).ok().filter(|_| *name == "joined_at");
            match (number, date) {
                _ if cell.is_empty() => continue,
                (Some(number), _) => self.sheet.write_number(self.next, column, number)?,
                (_, Some(date)) => self.sheet.write_datetime_with_format(self.next, column, &date, &self.date)?,
                _ => self.sheet.write_string(self.next, column, cell)?,
            };
        }
        self.next += 1;
        Ok(())
    }
}

fn cells(number: u32, member: &Member, options: &CheckedOptions, period: &Period, date: &str) -> Row {
    let yes = |flag: bool| if flag { "是" } else { "否" }.to_owned();
    let told = |way: BirthSource, text: String| if member.birth_source == way { text } else { String::new() };
    let sex = if member.gender == Gender::Male { "男" } else { "女" };
    let moment = |moment: Option<i64>| moment.map_or_else(String::new, |moment| period.text(moment));
    let place = |place: Option<u8>| place.map_or("", places::district).to_owned();
    row([
        (number + 1).to_string(),
        ids::member(number),
        places::placeholder_name(number + 1),
        if member.gender_recorded { sex.to_owned() } else { String::new() },
        told(BirthSource::Date, member.birth.format(date).to_string()),
        told(BirthSource::IdNumber, ids::id_number(number, member.birth, member.gender)),
        // No real phone number starts with 100.
        format!("100{:08}", number + 1),
        member.union.map_or_else(String::new, ids::union),
        place(member.home),
        place(member.work),
        member.joined.format(date).to_string(),
        if member.has_openid { ids::openid(number, options.seed) } else { String::new() },
        moment(member.followed),
        moment(member.unfollowed),
        yes(member.personalised),
        yes(member.team_match),
        if number % 17 == 3 { "工会小组长".to_owned() } else { String::new() },
    ])
}
