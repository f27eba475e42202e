#include "model_api_server.h"

#include <algorithm>
#include <iterator>

namespace sekisho::kube {

void ModelApiServer::Change() {
  Objects objects = Now();
  const std::string name = base::StrCat("ns-", Between(0, 12));
  const auto place = objects.find(name);
  version_ += Between(1, 3);  // other objects change, too
  std::string type = "ADDED";
  std::string label = base::StrCat(Between(0, 1'000'000));
  if (place == objects.end()) {
    objects[name] = label;
  } else if (Chance(0.4)) {
    type = "DELETED";
    label = place->second;
    objects.erase(place);
  } else {
    type = "MODIFIED";
    place->second = label;
  }
  events_.push_back({version_, Message(type, Object(name, label, base::StrCat(version_)))});
  states_[version_] = std::move(objects);
}

void ModelApiServer::Compact() {
  floor_ = Between(floor_, version_);
}

std::string ModelApiServer::Parameter(const std::string& name) const {
  const size_t begin = path_.find(name + "=");
  if (begin == std::string::npos) {
    return "";
  }
  const size_t value = begin + name.size() + 1;
  return path_.substr(value, path_.find('&', value) - value);
}

void ModelApiServer::Serve() {
  const std::vector<Loop::Id> open = loop_.open();
  ASSERT_LE(open.size(), 1U) << "one request at a time";
  if (open.empty()) {
    return;
  }
  if (open.front() != id_) {
    Notice(open.front());
  }
  if (deaf_) {
    const auto timeout = loop_.request(id_).total_timeout;
    if (timeout.count() != 0 && loop_.Now() >= since_ + timeout) {
      Failed();
      End(absl::DeadlineExceededError("it took too long"), 0);
    }
    return;
  }
  if (Chance(faults_ / 2)) {
    return;  // slow
  }
  if (is_watch_ && accepted_) {
    ServeWatch();
  } else if (Chance(faults_)) {
    Fault();
  } else if (is_watch_) {
    BeginWatch();
  } else {
    ServeList();
  }
}

void ModelApiServer::Notice(Loop::Id id) {
  id_ = id;
  path_ = loop_.request(id).path;
  is_watch_ = !Parameter("watch").empty();
  accepted_ = false;
  deaf_ = Chance(faults_ / 10);
  since_ = loop_.Now();
  ++requests_;
  if (loop_.Now() < not_before_) {
    too_soon_.push_back(path_);
  }
  if (is_watch_) {
    not_before_ = loop_.Now() + kLeastBackoff;
  }
}

// Instead of any answer that helps.
void ModelApiServer::Fault() {
  const uint64_t kind = Between(0, 6);
  if (kind == 6) {
    Gone();
    return;
  }
  Failed();
  switch (kind) {
    case 0:
      Refuse(500, StatusObject(500, "InternalError", "boom"));
      break;
    case 1:
      Refuse(403, StatusObject(403, "Forbidden", "no"));
      break;
    case 2:
      Refuse(502, "<html>");
      break;
    case 3:
      loop_.Finish(id_, {.status = absl::OkStatus(),
                         .code = Chance(0.5) ? 429 : 503,
                         .retry_after = std::chrono::seconds(Between(0, 3))});
      break;
    case 4:
      End(absl::UnavailableError("nobody there"), 0);
      break;
    default:
      // A list that ends as it should, and says nothing. Of a watch that would be no fault.
      End(is_watch_ ? absl::DeadlineExceededError("slow") : absl::OkStatus());
      break;
  }
}

void ModelApiServer::Gone() {
  // After a page's token the list may begin again at once, and then without a limit.
  if (Parameter("continue").empty() || Parameter("limit").empty()) {
    Failed();
  }
  Refuse(410, StatusObject(410, "Expired", "too old"));
}

void ModelApiServer::Refuse(int code, const std::string& body) {
  loop_.Answer(id_, code, body);
}

void ModelApiServer::End(absl::Status status, int code) {
  loop_.Finish(id_, {.status = std::move(status), .code = code});
}

bool ModelApiServer::Send(const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = Chance(0.5) ? bytes.size() : Between(1, 60);
    if (!loop_.Body(id_, 200, std::string_view(bytes).substr(at, length))) {
      return false;
    }
    at += length;
  }
  return true;
}

// ---------------------------------------------------------------------------------------- lists

void ModelApiServer::ServeList() {
  uint64_t version = version_;
  uint64_t first = 0;
  uint64_t limit = Parameter("limit").empty() ? 1000 : std::stoull(Parameter("limit"));
  const std::string token = Parameter("continue");
  const std::string asked = Parameter("resourceVersion");
  if (!token.empty()) {
    version = std::stoull(token);
    first = std::stoull(token.substr(token.find('.') + 1));
    if (version < floor_) {
      Gone();
      return;
    }
  } else if (asked == "0") {
    version = Between(floor_, version_);
    limit = Chance(0.5) ? limit : 1000;
  } else if (!asked.empty()) {
    if (std::stoull(asked) > version_) {
      Failed();
      Refuse(504, StatusObject(504, "Timeout", "Too large resource version"));
      return;
    }
    version = Between(std::stoull(asked), version_);
  }
  const std::string body = ListBody(version, first, limit);
  if (!Chance(faults_)) {
    if (Send(body)) {
      End(absl::OkStatus());
    }
    return;
  }
  // A body that is not all there.
  Failed();
  const std::string cut = body.substr(0, Between(0, body.size() - 1));
  if (Chance(0.3) ? Send(cut + "}") : Send(cut)) {
    Chance(0.5) ? End(absl::OkStatus()) : End(absl::UnavailableError("reset"));
  }
}

std::string ModelApiServer::ListBody(uint64_t version, uint64_t first, uint64_t limit) {
  const Objects& objects = At(version);
  std::vector<std::string> page;
  uint64_t index = 0;
  for (const auto& [name, label] : objects) {
    if (index >= first && index < first + limit) {
      page.push_back(Object(name, label, base::StrCat(version)));
    }
    ++index;
  }
  const bool more = first + limit < objects.size();
  return List(base::StrCat(version), page, more ? base::StrCat(version, ".", first + limit) : "");
}

// -------------------------------------------------------------------------------------- watches

void ModelApiServer::BeginWatch() {
  watch_from_ = watched_ = std::stoull(Parameter("resourceVersion"));
  if (watch_from_ < floor_) {
    if (Chance(0.5)) {
      Gone();
    } else {
      Failed();
      Send(Message("ERROR", StatusObject(410, "Expired", "too old")));
    }
    return;
  }
  if (watch_from_ > version_) {
    Failed();
    Refuse(504, StatusObject(504, "Timeout", "Too large resource version"));
    return;
  }
  accepted_ = true;
}

void ModelApiServer::ServeWatch() {
  if (Chance(faults_ / 4)) {
    if (WatchFault()) {
      Failed();
    }
    return;
  }
  if (replays_ && Chance(0.1)) {
    watched_ = Between(watch_from_, watched_);
  }
  SendEvents();
}

// True: the watch failed. Otherwise it ended as watches do.
bool ModelApiServer::WatchFault() {
  const Event& event = events_[Between(0, events_.size() - 1)];
  switch (Between(0, 5)) {
    case 0:
      End(absl::OkStatus());
      return false;
    case 1:
      End(absl::UnavailableError("reset"));
      return true;
    case 2:
      // Cut in a message, which may have been told of already or not.
      if (Send(event.text.substr(0, Between(0, event.text.size() - 2)))) {
        End(absl::UnavailableError("reset"));
      }
      return true;
    case 3:
      Send("{\"type\":\"MODIFIED\",\"object\":{\n");
      return true;
    case 4:
      Send(Message("ERROR", StatusObject(500, "InternalError", "boom")));
      return true;
    default:
      Send(Message("ERROR", StatusObject(410, "Expired", "so it says")));
      return true;
  }
}

void ModelApiServer::SendEvents() {
  std::string bytes;
  for (const Event& event : events_) {
    if (event.version > watched_ && (faults_ == 0 || Chance(0.8))) {
      bytes += event.text;
      watched_ = event.version;
    } else if (event.version > watched_) {
      break;  // later
    }
  }
  if (!Send(bytes)) {
    Failed();  // it was told again of what it knew
  }
}

void ModelApiServer::SendBookmark() {
  if (accepted_ && is_watch_ && !deaf_ && loop_.open() == std::vector<Loop::Id>{id_} &&
      watched_ >= events_.back().version) {
    watched_ = version_;
    Send(Bookmark(base::StrCat(version_)));
  }
}

}  // namespace sekisho::kube
