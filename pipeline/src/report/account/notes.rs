//! Notes that say which universe a number is of, and what is missing.

use zhihui_data::{Generation, Zone};
use zhihui_engine::report::{MinGroupSize, Sentence};

use super::super::words::sentence;
use super::AccountDays;

/// The notes about the account. `days` is the number of days of the period up to the report.
pub(in super::super) fn notes(account: &AccountDays, days: usize, zone: Zone, min_size: MinGroupSize) -> Vec<Sentence> {
    let Some(generation) = account.generation() else {
        return vec![sentence(
            "本期没有公众号自己的统计（账号口径），报告里的数字都是识别口径：只含能对应到会员的阅读和分享。用 zhihui \
             wechat-statistics 取数，或把微信统计接口的应答放进收件箱，就能对照。",
            "There are no data of the account itself in this period. All figures are about identified members. Run `zhihui \
             wechat-statistics`, or put replies of WeChat's statistics interfaces into the inbox, to compare.",
        )];
    };
    let (known, hidden, delayed) = account.counts(generation);
    let mut notes = vec![sentence(
        "账号口径是微信统计的全部读者，识别口径只含能对应到会员的阅读；两种口径并列对照，不能相加。微信按日统计人数，多日之和会把\
         同一人重复计入，所以识别率用两边按日累加的人数相除；识别到的是自有页面上的阅读，微信文章页内的阅读不能对应到人。",
        "Figures of the account are WeChat's and cover all readers; identified figures cover members only. They stand side by side \
         and must not be added. WeChat counts people by day, and sums of days count a person once a day, so the identified share \
         divides sums of days on both sides. Identified reads are those of our own pages; reads inside WeChat's article pages have no name.",
    )];
    let other = account.counts(if generation == Generation::New { Generation::Old } else { Generation::New }).0;
    let (zh, en) = match generation {
        Generation::New => {
            ("新接口（表中的 new，只计人数，2025年11月起）", "new interfaces (people only, since November 2025)")
        }
        Generation::Old => ("旧接口（表中的 old，有人数和人次）", "old interfaces (people and person-times)"),
    };
    let mut facts = sentence(
        format!("账号口径取自微信{zh}，有 {known} 天的数字"),
        format!("Figures of the account are from WeChat's {en}, for {known} days"),
    );
    let mut add = |count: usize, zh: String, en: String| {
        if count > 0 {
            facts.zh += &zh;
            facts.en += &en;
        }
    };
    let missing = days.saturating_sub(known);
    add(
        missing,
        format!("，另有 {missing} 天没有数据，不参与对照"),
        format!("; {missing} days have none and are not compared"),
    );
    let least = min_size.people();
    add(
        hidden,
        format!("；{hidden} 天的识别人数因不足 {least} 人（或会泄露这样的数字）隐去，两边都不计入识别率"),
        format!(
            "; on {hidden} days the identified readers are hidden (fewer than {least}, or revealing such a number), and both sides leave them out"
        ),
    );
    add(
        delayed,
        format!("；{delayed} 天的数字微信尚未定稿"),
        format!("; WeChat says that {delayed} days are not final"),
    );
    add(
        other,
        format!("；另一代接口也有 {other} 天，表中分行列出，不与它相加"),
        format!("; the other generation has {other} days, in rows of their own, which are not added to these"),
    );
    facts.zh +=
        "。文章与内容的对应依据：push 为推送记录，id 为编号或链接，title 为两边唯一的标题；对应不上的只有账号口径。";
    facts.en += ". Articles are found by the push that sent them, by id or address, or by a title that both sides have once; \
                 others have figures of the account only.";
    notes.push(facts);
    if account.exceeds(generation) {
        notes.push(sentence(
            "识别人数多于账号人数：自有页面有微信没有统计到的阅读（如从菜单或分享直接打开），识别率因此超过 100%。",
            "More readers are identified than WeChat counts: our own pages have reads that WeChat does not see, such as those from \
             the menu or from shared links. The identified share is therefore above 100%.",
        ));
    }
    if zone != Zone::default() {
        notes.push(sentence(
            "微信按北京时间分日，本报告的日期按自己的时区，两边的一天不完全重合。",
            "WeChat's days are those of Beijing; days of this report are those of its own zone, so they do not coincide.",
        ));
    }
    notes
}
