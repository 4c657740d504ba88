"""Writes one conversation, conversation.json, in the shapes in which exporters write it. None of these files comes from the program whose shape it has."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

HERE = Path(__file__).parent
OUT = HERE.parent / "captures"
CONVERSATION = json.loads((HERE / "conversation.json").read_text(encoding="utf-8"))
ORIGIN = CONVERSATION["origin"]
FORM = "application/x-www-form-urlencoded"
CREDENTIALS = {"authorization", "cookie", "set-cookie"}


def listed(pairs):
    return [{"name": name, "value": value} for name, value in pairs]


def body(it):
    return json.dumps(it["answer"], ensure_ascii=False, separators=(",", ":"))


def length(it):
    return len(body(it).encode())


def entry(it):
    """What the format asks for; each shape changes it."""
    url = ORIGIN + it["path"]
    request = {
        "method": it["method"], "url": url, "httpVersion": "HTTP/1.1", "cookies": [], "headers": listed(it["headers"]),
        "queryString": listed(parse_qsl(urlsplit(url).query)), "headersSize": -1, "bodySize": 0,
    }
    if it["form"]:
        text = urlencode([tuple(pair) for pair in it["form"]])
        request["bodySize"] = len(text)
        request["postData"] = {"mimeType": FORM, "text": text}
    response = {
        "status": it["status"], "statusText": it["reason"], "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": listed(it["answer_headers"]), "redirectURL": "", "headersSize": -1, "bodySize": length(it),
        "content": {"size": length(it), "mimeType": "application/json; charset=utf-8", "text": body(it)},
    }
    return {
        "startedDateTime": it["started"], "time": it["took"], "request": request, "response": response, "cache": {},
        "timings": {"send": 0, "wait": it["took"], "receive": 0}, "serverIPAddress": "127.0.0.1",
    }


def write(name, creator, change, *, version="1.0", pages=None, start="", indent=2, **more):
    log = {"version": "1.2", "creator": {"name": creator, "version": version}, **more}
    if pages is not None:
        log["pages"] = pages
    log["entries"] = [change(it, entry(it)) for it in CONVERSATION["exchanges"]]
    text = start + json.dumps({"log": log}, ensure_ascii=False, indent=indent) + "\n"
    (OUT / f"shape-{name}.har").write_text(text, encoding="utf-8", newline="")


PAGE = [{"startedDateTime": "2026-03-02T09:00:00.000Z", "id": "page_1", "title": ORIGIN, "pageTimings": {"onContentLoad": -1, "onLoad": -1}}]


def chrome(it, out):
    request, response = out["request"], out["response"]
    out |= {
        "_connectionId": "812", "_initiator": {"type": "script", "stack": {"callFrames": []}}, "_priority": "High", "_resourceType": "fetch",
        "pageref": "page_1", "connection": "8080", "serverIPAddress": "127.0.0.1",
        "timings": {"blocked": 1.5, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": it["took"] - 2, "receive": 0.4, "_blocked_queueing": 0.9},
    }
    host = [(":authority", "127.0.0.1:8080"), (":method", it["method"]), (":path", it["path"]), (":scheme", "http")]
    request["headers"] = listed([*host, *((name.lower(), value) for name, value in it["headers"])])
    request["httpVersion"] = response["httpVersion"] = "http/2.0"
    response["headers"] = listed([(name.lower(), value) for name, value in it["answer_headers"]])
    response["statusText"] = ""
    response |= {"_transferSize": length(it) + 212, "_error": None, "_fetchedViaServiceWorker": False}
    if it["form"]:
        # As it was sent: encoded.
        request["postData"]["params"] = listed([(name, quote_plus(value)) for name, value in it["form"]])
    return out


def chrome_sanitized(it, out):
    out = chrome(it, out)
    for side in (out["request"], out["response"]):
        side["headers"] = [field for field in side["headers"] if field["name"] not in CREDENTIALS]
        side["cookies"] = []
    return out


def firefox(it, out):
    request, response = out["request"], out["response"]
    out |= {"pageref": "page_1", "_securityState": "insecure", "connection": "8080"}
    out["timings"] = {"blocked": 0, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": it["took"], "receive": 0}
    request["headersSize"] = 400
    if it["form"]:
        request["postData"]["params"] = []
    else:
        # Older ones put an empty one on GET.
        request["postData"] = {"mimeType": "", "params": [], "text": ""}
    del response["headersSize"]
    if it["status"] >= 400:
        # Plain text that is said to be Base64.
        response["content"]["encoding"] = "base64"
    return out


def firefox_without_bodies(it, out):
    out = firefox(it, out)
    out["response"]["content"] = {"mimeType": "application/json; charset=utf-8", "size": length(it), "comment": "Response bodies are not included."}
    return out


def safari(it, out):
    out |= {"_fetchType": "Network Load", "_priority": "medium", "_serverPort": 8080, "connection": "1"}
    out["response"]["content"]["compression"] = 0
    out["response"]["_transferSize"] = length(it) + 212
    return out


def charles(it, out):
    out["response"]["_charlesStatus"] = "COMPLETE"
    out["response"]["statusText"] = ""
    out["startedDateTime"] = out["startedDateTime"].replace("Z", "+00:00")
    return out


def fiddler(it, out):
    out["startedDateTime"] = out["startedDateTime"].replace(".000Z", ".0000000+01:00").replace(".250Z", ".2500000+01:00").replace("T09", "T10")
    out["connection"] = "ClientPort:50000;EgressPort:50001"
    if it["form"]:
        out["request"]["postData"]["params"] = listed(it["form"])
    return out


def insomnia(it, out):
    request, response = out["request"], out["response"]
    request |= {"headers": [], "headersSize": -1, "bodySize": -1, "settingEncodeUrl": True}
    request["postData"] = {**request.get("postData", {"text": ""}), "mimeType": ""}
    response |= {"headersSize": -1, "bodySize": -1}
    return out


def slack(it, out):
    out["request"]["headers"] = it["headers"]
    out["response"]["headers"] = it["answer_headers"]
    return out


def http_toolkit(it, out):
    if it["form"]:
        out["request"]["postData"] = {"mimeType": FORM, "params": listed(it["form"])}
    return out


def playwright(it, out):
    """Base64 always, as some of its versions have written it."""
    out["response"]["content"] |= {"text": base64.b64encode(body(it).encode()).decode(), "encoding": "base64"}
    return out


def browsermob(it, out):
    """Base64 without the flag."""
    out["response"]["content"]["text"] = base64.b64encode(body(it).encode()).decode()
    return out


def main():
    OUT.mkdir(exist_ok=True)
    write("chrome", "WebInspector", chrome, version="537.36", pages=PAGE)
    write("chrome-sanitized", "WebInspector", chrome_sanitized, version="537.36", pages=PAGE)
    write("firefox", "Firefox", firefox, version="140.0", pages=PAGE, browser={"name": "Firefox", "version": "140.0"})
    write("firefox-without-bodies", "Firefox", firefox_without_bodies, version="140.0", pages=PAGE, browser={"name": "Firefox", "version": "140.0"})
    write("safari", "WebKit Web Inspector", safari, pages=PAGE)
    write("charles", "Charles Proxy", charles, version="5.0", indent=None)
    write("fiddler", "Fiddler", fiddler, version="5.0.20261", start="\ufeff", comment="exported")
    write("insomnia", "Insomnia REST Client", insomnia, version="insomnia.desktop.app:v10.0.0")
    write("slack-pairs", "Slack", slack, version="4.45")
    write("http-toolkit", "HTTP Toolkit", http_toolkit, version="1.20.0")
    write("base64-always", "Playwright", playwright, version="1.9")
    write("base64-unmarked", "BrowserMob Proxy", browsermob, version="2.1.5")


main()
