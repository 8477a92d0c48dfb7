//! One name for each district: 朝阳区, 朝阳 and 朝阳区 with spaces around it are the same one.

/// Endings that a district's name may have or lack.
const ENDINGS: [&str; 3] = ["新区", "区", "县"];
/// Words for an area that end like a district and are no district's name with an ending.
const AREAS: [&str; 12] =
    ["开发区", "园区", "示范区", "社区", "街区", "校区", "小区", "景区", "自治区", "特区", "地区", "保税区"];
/// Municipalities, whose districts are known without them; those of other cities may share their name with a district elsewhere.
const MUNICIPALITIES: [&str; 4] = ["北京市", "上海市", "天津市", "重庆市"];
/// Letters that are left at least when an ending goes: 东区 and 郊区 keep theirs.
const LEAST_LETTERS: usize = 2;

/// The name under which a district is stored and compared.
///
/// It is half-width, without white space around it, without a municipality before it (北京市朝阳区 is 朝阳), and without 区, 新区,
/// 县 or "District" at its end. Nothing else is guessed: another city before the name, or a street, makes another name.
#[must_use]
pub fn normalised(name: &str) -> String {
    let half = |letter: char| match letter {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    let text: String = name.chars().map(half).collect();
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
    let shorter = shorter.map(|rest| rest.trim_end_matches(is_mark)).find(|rest| rest.chars().count() >= LEAST_LETTERS);
    shorter.unwrap_or(text).to_owned()
}

/// The name of a district behind that of its municipality; the whole text where too little would be left.
fn without_municipality(text: &str) -> &str {
    let rest = MUNICIPALITIES.iter().find_map(|city| text.strip_prefix(city)).map(|rest| {
        let rest = rest.trim_start();
        rest.strip_prefix("市辖区").map_or(rest, str::trim_start)
    });
    rest.filter(|rest| rest.chars().count() >= LEAST_LETTERS).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_district_has_one_name() {
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
    fn names_that_only_end_like_a_district_stay() {
        for name in
            ["东区", "郊区", "新区", "经济技术开发区", "望京街道", "南京市鼓楼", "北京市", "长春市朝阳", "District", ""]
        {
            assert_eq!(normalised(name), name);
        }
    }
}
