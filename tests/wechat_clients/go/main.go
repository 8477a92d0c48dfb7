// Calls the simulator with silenceper/wechat and prints one line of JSON: what it got.
// Arguments: address, AppID, AppSecret, token and EncodingAESKey of callbacks.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/broadcast"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"
	"github.com/sirupsen/logrus"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// code returns the errcode of an error, 0 for none and -100 for another kind of error.
func code(err error) int64 {
	var answer *util.CommonError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &answer):
		return answer.ErrCode
	}
	return -100
}

func control(base, path, body string) {
	response, err := http.Post(base+path, "application/json", strings.NewReader(body))
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		log.Fatal(path, response.Status)
	}
}

type callback struct {
	Event string `json:"event"`
	Query string `json:"query"`
	Body  string `json:"body"`
}

func callbacks(base string) []callback {
	response, err := http.Get(base + "/sim/callbacks")
	check(err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	check(err)
	var all struct {
		Callbacks []callback `json:"callbacks"`
	}
	check(json.Unmarshal(data, &all))
	return all.Callbacks
}

// open serves a callback with the library's server and returns what it parsed.
func open(account *officialaccount.OfficialAccount, query, body string) (*message.MixMessage, error) {
	request := httptest.NewRequest(http.MethodPost, "/?"+query, bytes.NewReader([]byte(body)))
	server := account.GetServer(request, httptest.NewRecorder())
	var got *message.MixMessage
	server.SetMessageHandler(func(message *message.MixMessage) *message.Reply {
		got = message
		return nil
	})
	err := server.Serve()
	return got, err
}

func main() {
	log.SetOutput(os.Stderr)
	logrus.SetOutput(os.Stderr)
	logrus.SetLevel(logrus.WarnLevel)
	base, appID, secret, token, key := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	util.SetURIModifier(func(uri string) string {
		return strings.Replace(uri, "https://api.weixin.qq.com", base, 1)
	})
	memory := cache.NewMemory()
	account := wechat.NewWechat().GetOfficialAccount(&config.Config{
		AppID: appID, AppSecret: secret, Token: token, EncodingAESKey: key, Cache: memory, UseStableAK: true,
	})

	accessToken, err := account.GetAccessToken()
	check(err)
	users := account.GetUser()
	page, err := users.ListUserOpenIDs()
	check(err)
	all, err := users.ListAllUserOpenIDs()
	check(err)
	openids := page.Data.OpenIDs
	info, err := users.GetUserInfo(openids[0])
	check(err)

	tag, err := users.CreateTag("知会推送A")
	check(err)
	check(users.BatchTag(openids[:2], tag.ID))
	tags, err := users.GetTag()
	check(err)
	tagged := map[string]any{}
	for _, each := range tags {
		if each.ID == tag.ID {
			tagged = map[string]any{"id": each.ID, "name": each.Name, "count": each.Count}
		}
	}
	ofFollower, err := users.UserTidList(openids[0])
	check(err)

	mass := account.GetBroadcast()
	recipients := &broadcast.User{OpenID: openids[:3]}
	sent, err := mass.SendNews(recipients, "MEDIA_ID", false)
	check(err)
	control(base, "/sim/clock/advance", `{"seconds": 10}`)
	status, err := mass.GetMassStatus(strconv.FormatInt(sent.MsgID, 10))
	check(err)
	_, repeated := mass.SendNews(recipients, "MEDIA_ID", false)
	_, oneOpenID := mass.SendNews(&broadcast.User{OpenID: []string{openids[0], ""}[:1]}, "MEDIA_ID", false)
	tooMany := users.BatchTag(openids[:51], tag.ID)
	var quota int64
	for call := 0; call < 12 && quota != 45009; call++ {
		quota = code(mass.Delete(1, 0))
	}

	day := time.Now().UTC().Add(8*time.Hour).AddDate(0, 0, -2).Format("2006-01-02")
	cube := account.GetDataCube()
	cumulated, err := cube.GetUserAccumulate(day, day)
	check(err)
	articles, err := cube.GetArticleSummary(day, day)
	check(err)
	totals, err := cube.GetArticleTotal(day, day)
	check(err)
	_, wrongSpan := cube.GetArticleSummary("2025-01-01", "2025-01-05")

	control(base, "/sim/tokens/expire", "")
	_, expired := users.GetTag()
	_, expiredSpan := cube.GetUserAccumulate(day, day)
	check(memory.Delete(fmt.Sprintf("%s_stable_access_token_%s", credential.CacheKeyOfficialAccountPrefix, appID)))
	_, renewed := users.GetTag()
	check(expired)

	parsed := map[string]any{}
	forged := false
	for _, each := range callbacks(base) {
		if each.Event != "MASSSENDJOBFINISH" {
			continue
		}
		got, err := open(account, each.Query, each.Body)
		check(err)
		parsed = map[string]any{
			"event": got.Event, "msg_id": got.TemplateMsgID, "status": got.Status, "total": got.TotalCount,
			"filter": got.FilterCount, "sent": got.SentCount, "error": got.ErrorCount,
		}
		_, err = open(account, strings.Replace(each.Query, "timestamp=1", "timestamp=2", 1), each.Body)
		forged = err != nil
	}

	line, err := json.Marshal(map[string]any{
		"client":       "silenceper/wechat 2.1.10",
		"token_length": len(accessToken),
		"followers":    map[string]any{"total": page.Total, "first_page": page.Count, "all": len(all)},
		"subscribe":    info.Subscribe,
		"tag":          tagged, "tags_of_follower": ofFollower,
		"mass": map[string]any{"msg_id": sent.MsgID, "has_msg_data_id": sent.MsgDataID > 0, "status": status.MsgStatus},
		"errors": map[string]any{
			"one_openid": code(oneOpenID), "repeated": code(repeated), "too_many_for_tag": code(tooMany), "quota": quota,
			"span": code(wrongSpan), "expired_token": code(expiredSpan), "after_new_token": code(renewed),
		},
		"statistics": map[string]any{
			"followers": cumulated.List[0].CumulateUser, "articles": len(articles.List), "published": len(totals.List),
		},
		"callback": parsed, "forged_callback_is_refused": forged,
	})
	check(err)
	fmt.Println(string(line))
}
