//! A refusal as people see it: what, where, what to do.

use askama::Template;
use axum::http::Uri;
use axum::response::Response;
use zhihui_engine::Language;

use super::frame::Frame;
use super::html::page;
use crate::problem::{Code, Problem};

#[derive(Template)]
#[template(path = "web/error_page.html")]
struct FailurePage<'a> {
    frame: &'a Frame,
    title: &'a str,
    advice: &'a str,
    problem: &'a Problem,
    status: u16,
}

/// The page for a problem.
pub(crate) fn failure(problem: &Problem, language: Language) -> Response {
    let frame = Frame::bare(language, &Uri::from_static("/"));
    let (title, advice) = match problem.code {
        Code::NotFound => (
            frame.l.say("没有这个页面", "There is no such page"),
            frame.l.say(
                "地址可能写错了,或页面已移走。请从首页重新进入。",
                "The address may be mistyped. Start from the first page.",
            ),
        ),
        Code::Forbidden => (
            frame.l.say("您的角色看不到这个页面", "Your role may not see this page"),
            frame.l.say("如需查看,请联系管理员调整角色。", "Ask an administrator for another role if you need it."),
        ),
        Code::InvalidParameter => (
            frame.l.say("筛选条件有误", "A filter cannot be taken"),
            frame.l.say("请返回上一页,改正后重试。", "Go back, correct it and try again."),
        ),
        Code::NoSnapshot | Code::ReportUnavailable | Code::UnknownReport => (
            frame.l.say("还没有可以报告的数据", "There is nothing to report on yet"),
            frame.l.say("把文件放进收件箱,再运行 zhihui run。", "Put files into the inbox and run zhihui run."),
        ),
        _ => (
            frame.l.say("这一页暂时打不开", "This page cannot be shown now"),
            frame.l.say(
                "请稍后再试;若一直如此,请把下面的代码告诉管理员。",
                "Try again later; if it stays so, tell an administrator the code below.",
            ),
        ),
    };
    let status = problem.status();
    page(status, &frame, &FailurePage { frame: &frame, title, advice, problem, status: status.as_u16() })
}
