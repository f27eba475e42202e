#include "audit/decided_facts.h"

#include <concepts>
#include <limits>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

#include "audit/facts_cursor.h"
#include "audit/facts_fields.h"
#include "audit/json_tape.h"
#include "audit/json_text.h"
#include "base/str_cat.h"

namespace sekisho::audit {
namespace {

using Texts = std::map<std::string, std::string>;

bool IsReadByACheck(std::string_view key) {
  return key == "kubernetes.io/config.source" ||
         key.starts_with("container.apparmor.security.beta.kubernetes.io/") ||
         key == "seccomp.security.alpha.kubernetes.io/pod" ||
         key.starts_with("container.seccomp.security.alpha.kubernetes.io/");
}

// Of a map of this name, when it is redacted. What a later one holds is nothing to keep.
bool IsKept(std::string_view map_name, std::string_view key) {
  return map_name == "sysctls" || (map_name == "annotations" && IsReadByACheck(key));
}

class Writer {
 public:
  Writer(bool redacted, std::string& out) : redacted_(redacted), out_(out) {}

  void Put(bool value) { out_ += value ? "true" : "false"; }
  template <std::integral Number>
  void Put(Number value) {
    AppendNumber(value, out_);
  }
  template <typename E>
  requires std::is_enum_v<E>
  void Put(E value) {
    for (const EnumName<E>& one : EnumNames<E>::kNames) {
      if (one.value == value) {
        AppendQuoted(one.name, out_);
        return;
      }
    }
    Put(static_cast<int>(value));  // a request can hold any number
  }
  void Put(const std::string& text) { AppendQuoted(text, out_); }
  template <typename T>
  void Put(const std::optional<T>& value) {
    Put(*value);  // one without a value is its default, and left out
  }
  template <typename T>
  void Put(const std::vector<T>& list) {
    JsonList json('[', out_);
    for (const T& one : list) {
      json.Next();
      Put(one);
    }
    json.Close();
  }
  template <typename T>
  requires requires { FieldsOf<T>::kAll; }
  void Put(const T& facts) {
    static const T kDefault{};
    JsonList json('{', out_);
    const auto put_field = [&](const auto& field) {
      if (!(facts.*field.member == kDefault.*field.member)) {
        json.Next(field.key);
        PutMember(field.key, facts.*field.member);
      }
    };
    std::apply([&](const auto&... field) { (put_field(field), ...); }, FieldsOf<T>::kAll);
    json.Close();
  }

 private:
  template <typename T>
  void PutMember(std::string_view /*key*/, const T& value) {
    Put(value);
  }
  void PutMember(std::string_view map_name, const Texts& texts) {
    JsonList json('{', out_);
    for (const auto& [key, value] : texts) {
      AppendQuoted(key, json.Next());
      out_ += ':';
      AppendQuoted(redacted_ && !IsKept(map_name, key) ? std::string_view() : value, out_);
    }
    json.Close();
  }

  const bool redacted_;
  std::string& out_;
};

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

}  // namespace

std::string ToJson(const DecidedFacts& facts) {
  std::string json;
  Writer(/*redacted=*/false, json).Put(facts);
  return json;
}

void AppendRedacted(const DecidedFacts& facts, std::string& json) {
  Writer(/*redacted=*/true, json).Put(facts);
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
