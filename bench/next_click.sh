#!/usr/bin/env bash
# The last click of every member from the popularity of the hours before it: bench/next_click.sh CLICKS_DIR
source "$(dirname "$0")/common.sh"
clicks=${1:?a folder of clicks_hour_*.csv.gz}
zcat -f "$clicks"/clicks_hour_*.csv.gz |
    cargo run --quiet --release -p zhihui-models --example next_click -- user_id click_article_id click_timestamp 1 6 24
