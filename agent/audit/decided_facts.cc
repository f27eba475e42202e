#include "audit/decided_facts.h"

#include <charconv>
#include <concepts>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "audit/facts_cursor.h"
#include "audit/facts_fields.h"
#include "audit/json_tape.h"
#include "base/str_cat.h"

namespace sekisho::audit {
namespace {

using Texts = std::map<std::string, std::string>;

// Written by hand: the audit writer makes one for every decision, and a DOM of it would take longer
// than the decision.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void Put(bool value) { out_ += value ? "true" : "false"; }
  template <std::integral Number>
  void Put(Number value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }
  template <typename E>
  requires std::is_enum_v<E>
  void Put(E value) {
    for (const EnumName<E>& one : EnumNames<E>::kNames) {
      if (one.value == value) {
        Quote(one.name);
        return;
      }
    }
    Put(static_cast<int>(value));  // a request can hold any number
  }
  void Put(const std::string& text);
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(*value);  // one without a value is its default, and left out
  }
  template <typename T>
  void Put(const std::vector<T>& list) {
    char before = '[';
    for (const T& one : list) {
      out_ += before;
      Put(one);
      before = ',';
    }
    out_ += before == '[' ? "[]" : "]";
  }
  void Put(const Texts& texts) {
    char before = '{';
    for (const auto& [key, value] : texts) {
      out_ += before;
      Put(key);
      out_ += ':';
      Put(value);
      before = ',';
    }
    out_ += before == '{' ? "{}" : "}";
  }
  template <typename T>
  requires requires { FieldsOf<T>::kAll; }
  void Put(const T& facts) {
    static const T kDefault{};
    char before = '{';
    const auto put_field = [&](const auto& field) {
      if (!(facts.*field.member == kDefault.*field.member)) {
        out_ += before;
        Quote(field.key);
        out_ += ':';
        Put(facts.*field.member);
        before = ',';
      }
    };
    std::apply([&](const auto&... field) { (put_field(field), ...); }, FieldsOf<T>::kAll);
    out_ += before == '{' ? "{}" : "}";
  }

 private:
  void Quote(std::string_view plain) {
    out_ += '"';
    out_ += plain;
    out_ += '"';
  }

  std::string& out_;
};

void Writer::Put(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      // The library knows what to do with it, and with bytes that are no UTF-8.
      out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return;
    }
  }
  Quote(text);
}

class Reader {
 public:
  explicit Reader(JsonCursor& cursor) : cursor_(cursor) {}

  // Where the first wrong value is.
  const std::string& wrong() const { return wrong_; }

  bool Take(bool& value) {
    const std::optional<bool> read = cursor_.Bool();
    value = read.value_or(value);
    return read.has_value();
  }
  template <std::integral Number>
  bool Take(Number& value) {
    const std::optional<int64_t> read = cursor_.Integer();
    if (!read.has_value() || !std::in_range<Number>(*read)) {
      return false;
    }
    value = static_cast<Number>(*read);
    return true;
  }
  template <typename E>
  requires std::is_enum_v<E>
  bool Take(E& value) {
    if (!cursor_.IsText()) {
      int number = 0;
      const bool is_number = Take(number);
      value = is_number ? static_cast<E>(number) : value;
      return is_number;
    }
    const std::optional<std::string_view> name = cursor_.Text();
    for (const EnumName<E>& one : EnumNames<E>::kNames) {
      if (name == one.name) {
        value = one.value;
        return true;
      }
    }
    return false;
  }
  bool Take(std::string& text) {
    const std::optional<std::string_view> read = cursor_.Text();
    if (read.has_value()) {
      text.assign(*read);
    }
    return read.has_value();
  }
  template <typename T>
  bool Take(std::optional<T>& value) {
    return Take(value.emplace());
  }
  template <typename T>
  bool Take(std::vector<T>& list) {
    if (!cursor_.EnterArray()) {
      return false;
    }
    bool ok = true;
    while (cursor_.NextElement()) {
      ok = Take(list.emplace_back()) && ok;
    }
    return ok;
  }
  bool Take(Texts& texts) {
    if (!cursor_.EnterObject()) {
      return false;
    }
    bool ok = true;
    while (const std::optional<std::string_view> key = cursor_.NextKey()) {
      ok = Take(texts[std::string(*key)]) && ok;
    }
    return ok;
  }
  template <typename T>
  requires requires { FieldsOf<T>::kAll; }
  bool Take(T& facts) {
    if (!cursor_.EnterObject()) {
      return false;
    }
    bool ok = true;
    while (const std::optional<std::string_view> key = cursor_.NextKey()) {
      bool known = false;
      const auto take_field = [&](const auto& field) {
        known = field.key == *key;
        if (known && !Take(facts.*field.member)) {
          ok = false;
          wrong_ = wrong_.empty() ? std::string(*key) : wrong_;
        }
        return known;
      };
      std::apply([&](const auto&... field) { (take_field(field) || ...); }, FieldsOf<T>::kAll);
      if (!known) {
        cursor_.Skip();
      }
    }
    return ok;
  }

 private:
  JsonCursor& cursor_;
  std::string wrong_;
};

bool IsReadByACheck(std::string_view key) {
  return key == "kubernetes.io/config.source" ||
         key.starts_with("container.apparmor.security.beta.kubernetes.io/") ||
         key == "seccomp.security.alpha.kubernetes.io/pod" ||
         key.starts_with("container.seccomp.security.alpha.kubernetes.io/");
}

void ForgetValues(Texts& annotations, Texts& labels) {
  for (auto& [key, value] : annotations) {
    if (!IsReadByACheck(key)) {
      value.clear();
    }
  }
  for (auto& [key, value] : labels) {
    value.clear();
  }
}

}  // namespace

DecidedFacts RedactedForReplay(DecidedFacts facts) {
  ForgetValues(facts.sandbox.annotations, facts.sandbox.labels);
  if (facts.container.has_value()) {
    ForgetValues(facts.container->annotations, facts.container->labels);
  }
  return facts;
}

std::string ToJson(const DecidedFacts& facts) {
  std::string json;
  json.reserve(size_t{4} << 10);
  Writer(json).Put(facts);
  return json;
}

absl::Status ReadDecidedFacts(JsonCursor& cursor, DecidedFacts& facts) {
  Reader reader(cursor);
  if (!reader.Take(facts)) {
    return absl::InvalidArgumentError(
        reader.wrong().empty()
            ? "the facts are no object"
            : base::StrCat("the facts have a value of the wrong kind in \"", reader.wrong(), "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<DecidedFacts> ParseDecidedFacts(std::string_view json) {
  JsonTape tape;
  if (!tape.Parse(json)) {
    return absl::InvalidArgumentError("the facts are no JSON");
  }
  JsonCursor cursor(tape);
  DecidedFacts facts;
  if (absl::Status status = ReadDecidedFacts(cursor, facts); !status.ok()) {
    return status;
  }
  return facts;
}

}  // namespace sekisho::audit
