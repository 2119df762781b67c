// SPDX-License-Identifier: BSD-2-Clause
// JSON of views. The one file that knows nlohmann's library.
#include "json.h"

#include <nlohmann/json.hpp>

#include "format.h"

namespace pbxcred::ctl {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
concept KeyedView = View<T> && requires {
  T::kJsonKey;
};

template <View T>
Json object_of(const T& view);

Json value_of(bool value) {
  return value;
}
Json value_of(const std::string& text) {
  return text;
}
Json value_of(const std::vector<std::string>& texts) {
  return texts;
}
Json value_of(Time time) {
  return format_utc(time);
}

template <std::unsigned_integral Number>
Json value_of(Number number) {
  return number;
}

template <View T>
Json value_of(const T& view) {
  return object_of(view);
}

template <class T>
Json value_of(const std::optional<T>& value) {
  return value ? value_of(*value) : Json(nullptr);
}

template <View T>
Json value_of(const std::vector<T>& views) {
  Json list = Json::array();
  for (const T& view : views) list.push_back(object_of(view));
  return list;
}

template <KeyedView T>
Json value_of(const std::vector<T>& views) {
  Json keyed = Json::object();
  for (const T& view : views) {
    Json object = object_of(view);
    const std::string key = object.at(T::kJsonKey).template get<std::string>();
    object.erase(T::kJsonKey);
    keyed[key] = std::move(object);
  }
  return keyed;
}

template <View T>
Json object_of(const T& view) {
  Json object = Json::object();
  auto put = [&object](int, const char* name, const auto& value) { object[name] = value_of(value); };
  T::fields(put, view);
  return object;
}

}  // namespace

template <View T>
std::string json_of(const T& view, bool compact) {
  return object_of(view).dump(compact ? -1 : 2, ' ', false, Json::error_handler_t::replace);
}

template std::string json_of(const AccountView&, bool);
template std::string json_of(const AuthTryView&, bool);
template std::string json_of(const DomainView&, bool);
template std::string json_of(const ExplainView&, bool);
template std::string json_of(const JobView&, bool);
template std::string json_of(const KeyView&, bool);
template std::string json_of(const KindCount&, bool);
template std::string json_of(const KindView&, bool);
template std::string json_of(const LockView&, bool);
template std::string json_of(const NoteView&, bool);
template std::string json_of(const OutcomeView&, bool);
template std::string json_of(const StatusDocument&, bool);
template std::string json_of(const StatusView&, bool);
template std::string json_of(const StoreStatView&, bool);

}  // namespace pbxcred::ctl
