"""Calls the simulator with wechatpy and prints one line of JSON: what it got.

Arguments: address, AppID, AppSecret, token and EncodingAESKey of callbacks.
"""

import datetime
import json
import sys
from urllib.parse import parse_qs

import requests
from wechatpy import WeChatClient, parse_message
from wechatpy.client.api import WeChatDataCube
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException, WeChatClientException
from wechatpy.utils import check_signature

BASE, APP_ID, SECRET, TOKEN, KEY = sys.argv[1:6]


class Client(WeChatClient):
    """The library's client with another host. It names the host of the token in its code."""

    API_BASE_URL = f"{BASE}/cgi-bin/"

    def fetch_access_token(self):
        """Fetches a token from the simulator."""
        parameters = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(f"{BASE}/cgi-bin/token", parameters)


WeChatDataCube.API_BASE_URL = f"{BASE}/datacube/"


def code(call):
    """Returns the errcode of a call, 0 for none."""
    try:
        call()
    except WeChatClientException as error:
        return error.errcode
    return 0


def control(path, body=None):
    requests.post(BASE + path, json=body, timeout=30).raise_for_status()


client = Client(APP_ID, SECRET)
token = client.access_token
page = client.user.get_followers()
everyone = list(client.user.iter_followers())
openids = page["data"]["openid"]
info = client.user.get(openids[0])

tag_id = client.tag.create("知会推送A")["id"]
client.tag.tag_user(tag_id, openids[:2])
tag = next(tag for tag in client.tag.get() if tag["id"] == tag_id)

sent = client.message.send_mass_article(openids[:3], "MEDIA_ID", client_msg_id="zh-1")
control("/sim/clock/advance", {"seconds": 10})
status = client.message.get_mass(sent["msg_id"])
errors = {
    "one_openid": code(lambda: client.message.send_mass_article(openids[:1], "MEDIA_ID")),
    "repeated": code(lambda: client.message.send_mass_article(openids[:3], "MEDIA_ID", client_msg_id="zh-1")),
    "too_many_for_tag": code(lambda: client.tag.tag_user(tag_id, openids[:51])),
}
for _ in range(12):
    errors["quota"] = code(lambda: client.message.delete_mass(1))
    if errors["quota"] == 45009:
        break

now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
day = (now - datetime.timedelta(days=2)).date()
statistics = {
    "followers": client.datacube.get_user_cumulate(day, day)[0]["cumulate_user"],
    "articles": len(client.datacube.get_article_summary(day, day)),
    "published": len(client.datacube.get_article_total(day, day)),
}
errors["span"] = code(lambda: client.datacube.get_article_summary("2025-01-01", "2025-01-05"))

control("/sim/tokens/expire")
errors["after_new_token"] = code(client.tag.get)

parsed, forged = {}, False
for callback in requests.get(f"{BASE}/sim/callbacks", timeout=30).json()["callbacks"]:
    if callback["event"] != "MASSSENDJOBFINISH":
        continue
    query = {name: values[0] for name, values in parse_qs(callback["query"]).items()}
    check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
    crypto = WeChatCrypto(TOKEN, KEY, APP_ID)
    opening = callback["body"], query["msg_signature"], query["timestamp"], query["nonce"]
    message = parse_message(crypto.decrypt_message(*opening))
    parsed = {
        "event": message.event.upper(),
        "msg_id": message.id,
        "status": message.status,
        "total": message.total_count,
        "filter": message.filter_count,
        "sent": message.sent_count,
        "error": message.error_count,
    }
    try:
        crypto.decrypt_message(opening[0], opening[1], opening[2], opening[3] + "0")
    except InvalidSignatureException:
        forged = True

result = {
    "client": "wechatpy 1.8.18",
    "token_length": len(token),
    "followers": {"total": page["total"], "first_page": page["count"], "all": len(everyone)},
    "subscribe": info["subscribe"],
    "tag": {"id": tag["id"], "name": tag["name"], "count": tag["count"]},
    "tags_of_follower": client.tag.get_user_tag(openids[0]),
    "mass": {
        "msg_id": sent["msg_id"],
        "has_msg_data_id": sent["msg_data_id"] > 0,
        "status": status["msg_status"],
    },
    "errors": errors,
    "statistics": statistics,
    "callback": parsed,
    "forged_callback_is_refused": forged,
}
print(json.dumps(result, ensure_ascii=False))
