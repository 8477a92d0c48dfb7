//! Normalises district names: 朝阳区, 朝阳 and 朝阳区 with spaces are the same district.

use crate::half_width::half_width;

/// Optional endings of a district's name.
const ENDINGS: [&str; 3] = ["新区", "区", "县"];
/// Words for areas that end like a district but are not districts.
const AREAS: [&str; 12] =
    ["开发区", "园区", "示范区", "社区", "街区", "校区", "小区", "景区", "自治区", "特区", "地区", "保税区"];
/// Municipalities whose districts are unambiguous without them. Districts of other cities may share their name with a
/// district elsewhere.
const MUNICIPALITIES: [&str; 4] = ["北京市", "上海市", "天津市", "重庆市"];
/// Smallest number of characters left after removing an ending: 东区 and 郊区 keep theirs.
const MIN_CHARS: usize = 2;

/// The normalised name, which is stored and compared.
///
/// It is half-width and has no surrounding white space, no municipality in front (北京市朝阳区 becomes 朝阳) and no 区, 新区, 县 or
/// "District" at the end. Other cities or streets in front of the name are kept and make a different name.
#[must_use]
pub fn normalised(name: &str) -> String {
    let text: String = name.chars().map(half_width).collect();
    let is_mark = |letter: char| letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{feff}');
    let text = without_municipality(text.trim_matches(is_mark));
    if let Some((head, tail)) = text.rsplit_once(' ')
        && tail.eq_ignore_ascii_case("district")
        && !head.trim().is_empty()
    {
        return head.trim().to_owned();
    }
    let is_area = AREAS.iter().any(|area| text.ends_with(area));
    let shorter = ENDINGS.iter().filter(|_| !is_area).filter_map(|ending| text.strip_suffix(ending));
    let shorter = shorter.map(|rest| rest.trim_end_matches(is_mark)).find(|rest| rest.chars().count() >= MIN_CHARS);
    shorter.unwrap_or(text).to_owned()
}

/// Removes a municipality in front of a district, unless too few characters would be left.
fn without_municipality(text: &str) -> &str {
    let rest = MUNICIPALITIES.iter().find_map(|city| text.strip_prefix(city)).map(|rest| {
        let rest = rest.trim_start();
        rest.strip_prefix("市辖区").map_or(rest, str::trim_start)
    });
    rest.filter(|rest| rest.chars().count() >= MIN_CHARS).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_district_are_normalised_to_one_name() {
        for (name, expected) in [
            ("朝阳区", "朝阳"),
            ("朝阳", "朝阳"),
            (" 朝阳区\u{3000}", "朝阳"),
            ("浦东新区", "浦东"),
            ("浦东", "浦东"),
            ("密云县", "密云"),
            ("东城区", "东城"),
            ("房山区", "房山"),
            ("石景山区", "石景山"),
            ("高新区", "高新"),
            ("北京市朝阳区", "朝阳"),
            ("北京市 朝阳区", "朝阳"),
            ("北京市朝阳", "朝阳"),
            ("北京市市辖区朝阳区", "朝阳"),
            ("上海市浦东新区", "浦东"),
            ("重庆市城口县", "城口"),
            ("Chaoyang District", "Chaoyang"),
            ("Chaoyang", "Chaoyang"),
        ] {
            assert_eq!(normalised(name), expected, "{name}");
            assert_eq!(normalised(expected), expected, "{name} again");
        }
    }

    #[test]
    fn areas_that_are_not_districts_are_unchanged() {
        for name in
            ["东区", "郊区", "新区", "经济技术开发区", "望京街道", "南京市鼓楼", "北京市", "长春市朝阳", "District", ""]
        {
            assert_eq!(normalised(name), name);
        }
    }
}
