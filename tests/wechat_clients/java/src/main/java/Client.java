import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.WxMpMassOpenIdsMessage;
import me.chanjar.weixin.mp.bean.message.WxMpXmlMessage;
import me.chanjar.weixin.mp.bean.tag.WxUserTag;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;

/**
 * Calls the simulator with WxJava and prints one line of JSON: what it got. Arguments: address, AppID, AppSecret, token
 * and EncodingAESKey of callbacks.
 */
public final class Client {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static String base;

  private interface Call {
    void run() throws WxErrorException;
  }

  /** Returns the errcode of a call, 0 for none. */
  private static int code(Call call) {
    try {
      call.run();
      return 0;
    } catch (WxErrorException error) {
      return error.getError().getErrorCode();
    }
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IllegalStateException(response.uri() + ": " + response.statusCode());
    }
    return response.body();
  }

  private static void control(String path, String body) throws Exception {
    send(HttpRequest.newBuilder(URI.create(base + path)).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static WxMpMassOpenIdsMessage message(List<String> openids, String clientMsgId) {
    WxMpMassOpenIdsMessage message = new WxMpMassOpenIdsMessage();
    message.setToUsers(new ArrayList<>(openids));
    message.setMsgType("mpnews");
    message.setMediaId("MEDIA_ID");
    message.setClientMsgId(clientMsgId);
    return message;
  }

  private static Map<String, String> query(String text) {
    Map<String, String> query = new HashMap<>();
    for (String pair : text.split("&")) {
      int equals = pair.indexOf('=');
      query.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return query;
  }

  public static void main(String[] arguments) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("Asia/Shanghai"));
    base = arguments[0];
    WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
    config.setAppId(arguments[1]);
    config.setSecret(arguments[2]);
    config.setToken(arguments[3]);
    config.setAesKey(arguments[4]);
    config.useStableAccessToken(true);
    config.setHostConfig(WxMpHostConfig.builder().apiHost(base).mpHost(base).openHost(base).build());
    WxMpService service = new WxMpServiceImpl();
    service.setWxMpConfigStorage(config);

    JsonObject result = new JsonObject();
    result.addProperty("client", "weixin-java-mp 4.7.9.B");
    result.addProperty("token_length", service.getAccessToken().length());
    var page = service.getUserService().userList("");
    List<String> openids = page.getOpenids();
    JsonObject followers = new JsonObject();
    followers.addProperty("total", page.getTotal());
    followers.addProperty("first_page", page.getCount());
    followers.addProperty("all", openids.size());
    result.add("followers", followers);
    result.addProperty("subscribe", service.getUserService().userInfo(openids.get(0)).getSubscribe() ? 1 : 0);

    long tagId = service.getUserTagService().tagCreate("知会推送A").getId();
    service.getUserTagService().batchTagging(tagId, openids.subList(0, 2).toArray(new String[0]));
    for (WxUserTag tag : service.getUserTagService().tagGet()) {
      if (tag.getId() == tagId) {
        JsonObject tagged = new JsonObject();
        tagged.addProperty("id", tag.getId());
        tagged.addProperty("name", tag.getName());
        tagged.addProperty("count", tag.getCount());
        result.add("tag", tagged);
      }
    }
    result.add("tags_of_follower", new Gson().toJsonTree(service.getUserTagService().userTagList(openids.get(0))));

    var sent = service.getMassMessageService().massOpenIdsMessageSend(message(openids.subList(0, 3), "zh-1"));
    control("/sim/clock/advance", "{\"seconds\": 10}");
    JsonObject mass = new JsonObject();
    mass.addProperty("msg_id", Long.parseLong(sent.getMsgId()));
    mass.addProperty("has_msg_data_id", sent.getMsgDataId() != null);
    mass.addProperty("status",
        service.getMassMessageService().messageMassGet(Long.parseLong(sent.getMsgId())).getMsgstatus());
    result.add("mass", mass);

    JsonObject errors = new JsonObject();
    errors.addProperty("one_openid", code(
        () -> service.getMassMessageService().massOpenIdsMessageSend(message(openids.subList(0, 1), "zh-2"))));
    errors.addProperty("repeated", code(
        () -> service.getMassMessageService().massOpenIdsMessageSend(message(openids.subList(0, 3), "zh-1"))));
    errors.addProperty("too_many_for_tag", code(
        () -> service.getUserTagService().batchTagging(tagId, openids.subList(0, 51).toArray(new String[0]))));
    int quota = 0;
    for (int call = 0; call < 12 && quota != 45009; call++) {
      quota = code(() -> service.getMassMessageService().delete(1L, 0));
    }
    errors.addProperty("quota", quota);

    Date day = new Date(System.currentTimeMillis() - 2L * 86_400_000);
    JsonObject statistics = new JsonObject();
    statistics.addProperty("followers", service.getDataCubeService().getUserCumulate(day, day).get(0).getCumulateUser());
    statistics.addProperty("articles", service.getDataCubeService().getArticleSummary(day, day).size());
    statistics.addProperty("published", service.getDataCubeService().getArticleTotal(day, day).size());
    result.add("statistics", statistics);
    Date earlier = new Date(day.getTime() - 4L * 86_400_000);
    errors.addProperty("span", code(() -> service.getDataCubeService().getArticleSummary(earlier, day)));

    control("/sim/tokens/expire", "");
    errors.addProperty("after_new_token", code(() -> service.getUserTagService().tagGet()));
    result.add("errors", errors);

    String shown = send(HttpRequest.newBuilder(URI.create(base + "/sim/callbacks")).GET());
    JsonArray callbacks = JsonParser.parseString(shown).getAsJsonObject().getAsJsonArray("callbacks");
    for (JsonElement element : callbacks) {
      JsonObject callback = element.getAsJsonObject();
      if (!callback.get("event").getAsString().equals("MASSSENDJOBFINISH")) {
        continue;
      }
      Map<String, String> query = query(callback.get("query").getAsString());
      String body = callback.get("body").getAsString();
      String timestamp = query.get("timestamp");
      String nonce = query.get("nonce");
      if (!service.checkSignature(timestamp, nonce, query.get("signature"))) {
        throw new IllegalStateException("the signature was refused");
      }
      WxMpXmlMessage got =
          WxMpXmlMessage.fromEncryptedXml(body, config, timestamp, nonce, query.get("msg_signature"));
      JsonObject parsed = new JsonObject();
      parsed.addProperty("event", got.getEvent());
      parsed.addProperty("msg_id", got.getMassMsgId() != null ? got.getMassMsgId() : got.getMsgId());
      parsed.addProperty("status", got.getStatus());
      parsed.addProperty("total", got.getTotalCount());
      parsed.addProperty("filter", got.getFilterCount());
      parsed.addProperty("sent", got.getSentCount());
      parsed.addProperty("error", got.getErrorCount());
      result.add("callback", parsed);
      boolean isRefused = false;
      try {
        WxMpXmlMessage.fromEncryptedXml(body, config, timestamp, nonce + "0", query.get("msg_signature"));
      } catch (RuntimeException refused) {
        isRefused = true;
      }
      result.addProperty("forged_callback_is_refused", isRefused);
    }
    System.out.println(new Gson().toJson(result));
    System.exit(0);
  }
}
