//! Whether the data are complete enough for a scheduled report.

use chrono::{DateTime, Utc};
use zhihui_engine::report::Sentence;
use zhihui_pipeline::data_checks::{CheckStatus, DataCheck};

use crate::data_checks;
use crate::home::Home;

/// Returns why a report of a period that ended at `end` must wait, or `None`.
pub(super) async fn reason_to_wait(home: &Home, end: DateTime<Utc>) -> anyhow::Result<Option<Sentence>> {
    let Some(build) = home.journal().await?.latest_checks().await? else {
        return Ok(Some(Sentence {
            zh: "还没有建好并检查过的数据，请运行 zhihui run。".to_owned(),
            en: "no tables were built and checked yet; run `zhihui run`".to_owned(),
        }));
    };
    let built = DateTime::from_timestamp(build.measures.as_of, 0).unwrap_or_default();
    if built < end {
        let text = |at| home.zone().local(at).format("%Y-%m-%d %H:%M").to_string();
        let (built, end) = (text(built), text(end));
        return Ok(Some(Sentence {
            zh: format!("数据只到 {built}，而报告的时间到 {end} 才结束，请运行 zhihui run。"),
            en: format!("the tables have the state of {built}, and the period ended at {end}; run `zhihui run`"),
        }));
    }
    let stops = |check: &DataCheck| {
        check.status == CheckStatus::Fail || (check.name == "data_freshness" && check.status == CheckStatus::Warn)
    };
    let found: Vec<DataCheck> = data_checks::latest(home).await?.into_iter().filter(stops).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let joined =
        |text: &dyn Fn(&DataCheck) -> String, between: &str| found.iter().map(text).collect::<Vec<_>>().join(between);
    Ok(Some(Sentence {
        zh: format!(
            "{}。请补齐文件后再运行一次；确认数据无误的，可以运行 zhihui report --scheduled --accept-checks 照样发送。",
            joined(&|check| check.message.zh.trim_end_matches('。').to_owned(), "；")
        ),
        en: format!(
            "{}; ingest the missing files and run again, or send the reports as they are with \
             `zhihui report --scheduled --accept-checks`",
            joined(&|check| format!("{}: {}", check.name, check.message.en), "; ")
        ),
    }))
}
