//! The arguments of `wechat-statistics`.

use clap::{Args, ValueEnum};

/// A generation of WeChat's data interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InterfaceGeneration {
    /// People and person-times; no longer maintained by WeChat.
    Old,
    /// People only, from 2025-11-01 on.
    New,
}

#[derive(Debug, Args)]
pub(crate) struct WechatStatistics {
    /// First day; default: 30 days before --to.
    #[arg(long, value_name = "D")]
    pub(crate) from: Option<String>,
    /// Exclusive end, as of `report`; default: today, because WeChat has figures up to yesterday.
    #[arg(long, value_name = "D")]
    pub(crate) to: Option<String>,
    /// Address of WeChat's interfaces, such as `https://api.weixin.qq.com`, or of `zhihui wechat-sim`.
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// Fetch this generation for all days; default: the new one from 2025-11-01 on, the old one before.
    #[arg(long, value_enum, value_name = "G")]
    pub(crate) generation: Option<InterfaceGeneration>,
    /// Fetch this interface only, such as getuserreadhour; repeat it for others.
    #[arg(long, value_name = "NAME", conflicts_with = "generation")]
    pub(crate) interface: Vec<String>,
    /// Fetch days again that the lake has; the figures of a day replace the earlier ones.
    #[arg(long)]
    pub(crate) again: bool,
}
