//! Generates the federation, its street unions, enterprise unions and clubs.

use std::ops::Range;

use super::options::CheckedOptions;
use super::places::{self, Districts};
use super::random::{RandomStream, Weights};

/// A row of the unions file.
pub(super) struct Union {
    pub(super) name: String,
    pub(super) district: Option<u8>,
    pub(super) parent: Option<u32>,
    /// Typical age of members in years.
    pub(super) age: f64,
    /// Share of women among members.
    pub(super) women: f64,
    /// How often members follow its announcements, 1 on average.
    pub(super) engagement: f64,
}

/// All unions. Numbers are indices into `all`.
pub(super) struct Unions {
    pub(super) all: Vec<Union>,
    pub(super) streets: Range<u32>,
    pub(super) enterprises: Range<u32>,
    pub(super) clubs: Range<u32>,
    sizes: Weights,
}

/// Clubs in order of foundation, with their topics.
pub(super) const CLUBS: [(&str, &str); 12] = [
    ("羽毛球俱乐部", "羽毛球"),
    ("读书会", "读书"),
    ("徒步协会", "徒步"),
    ("亲子俱乐部", "亲子"),
    ("合唱团", "音乐会"),
    ("太极队", "退休生活"),
    ("观影团", "观影"),
    ("青年联谊会", "单身联谊"),
    ("心理互助小组", "心理"),
    ("技能工作室", "技能培训"),
    ("美食社", "美食优惠"),
    ("车友会", "驾驶"),
];

impl Unions {
    pub(super) fn new(options: &CheckedOptions) -> Self {
        let mut rng = RandomStream::new(options.seed, "unions");
        let districts = Districts::new();
        let total = options.unions;
        let (heads, streets, clubs) =
            if total < 5 { (0, 0, 0) } else { (1, (total / 100).clamp(1, 12), (total / 80).clamp(1, 12)) };
        let streets = heads..heads + streets;
        let enterprises = streets.end..total - clubs;
        let clubs = enterprises.end..total;
        let head =
            |name: String, district, parent| Union { name, district, parent, age: 38.0, women: 0.45, engagement: 1.0 };
        let mut all: Vec<Union> = (0..heads).map(|_| head("样例园区总工会".into(), None, None)).collect();
        for street in streets.clone() {
            let district = districts.work(&mut rng);
            let name = format!("{}第{}街道总工会", places::district(district), street);
            all.push(head(name, Some(district), Some(0)));
        }
        for enterprise in enterprises.clone() {
            let parent = (heads > 0).then(|| rng.between(i64::from(streets.start), i64::from(streets.end) - 1) as u32);
            let district = parent.and_then(|street| all.get(street as usize)).and_then(|street| street.district);
            let own = districts.work(&mut rng);
            all.push(Union {
                name: places::enterprise_name((enterprise - enterprises.start) as usize),
                district: if rng.chance(0.8) { district.or(Some(own)) } else { Some(own) },
                parent,
                age: (37.0 + 5.0 * rng.normal()).clamp(26.0, 52.0),
                women: (0.45 + 0.15 * rng.normal()).clamp(0.1, 0.85),
                engagement: rng.log_normal(0.85, 0.6).min(4.0),
            });
        }
        for club in clubs.clone() {
            let name = CLUBS[(club - clubs.start) as usize % CLUBS.len()].0;
            all.push(head(name.into(), None, Some(0)));
        }
        let sizes = Weights::new(enterprises.clone().map(|_| rng.log_normal(1.0, 1.4)));
        Self { all, streets, enterprises, clubs, sizes }
    }

    /// The union of the member with this number: one member for each enterprise first, then by size. One member in a
    /// hundred has none.
    pub(super) fn of_member(&self, member: u32, rng: &mut RandomStream) -> Option<u32> {
        let count = self.enterprises.end - self.enterprises.start;
        if member < count {
            return Some(self.enterprises.start + member);
        }
        let drawn = self.sizes.draw(rng)? as u32;
        (!rng.chance(0.01)).then_some(self.enterprises.start + drawn)
    }

    /// Whether `union` is `above` or below it.
    pub(super) fn is_under(&self, union: u32, above: u32) -> bool {
        let mut at = Some(union);
        while let Some(number) = at {
            if number == above {
                return true;
            }
            at = self.all.get(number as usize).and_then(|union| union.parent);
        }
        false
    }
}
