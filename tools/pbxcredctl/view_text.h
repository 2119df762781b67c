// SPDX-License-Identifier: BSD-2-Clause
// Views as text for people, driven by their fields.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "format.h"
#include "model/views.h"
#include "print_table.h"

namespace pbxcred::ctl {

/// One field: its text, and the table of what it holds if it is a list of views (or an optional one).
struct FieldText {
  std::string name;
  std::string text;
  bool number = false;
  Table detail;
};

/// "failed at" instead of "failed_at"; units go with the value.
std::string label_of(std::string_view field_name);

inline std::string text_of(bool value) {
  return value ? "yes" : "no";
}
inline std::string text_of(const std::string& text) {
  return text;
}
inline std::string text_of(Time time) {
  return format_local(time);
}
std::string text_of(const std::vector<std::string>& texts);
/// "password voicemail(locked)": which are set, and what is the matter with them.
std::string text_of(const std::vector<KindView>& kinds);
/// "password 12, voicemail 40".
std::string text_of(const std::vector<KindCount>& kinds);
/// They are a table of their own.
inline std::string text_of(const std::vector<NoteView>&) {
  return "";
}
inline std::string text_of(const KindView& kind) {
  return kind.kind;
}
template <std::unsigned_integral Number>
std::string text_of(Number number) {
  return std::to_string(number);
}
template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "";
}

/// Sizes and durations are known by their names; any other number is itself.
std::string number_text(std::string_view field_name, std::uint64_t number);

template <View T>
std::vector<FieldText> fields_of(const T& view);

/// Secrets of one account, narrow enough for a terminal of 80 columns: what is the matter with each in one column.
Table kinds_table(const std::vector<KindView>& kinds);

/// A table of views: all their fields, or those named, in that order.
template <View T>
Table table_of(const std::vector<T>& views, const std::vector<std::string_view>& names = {}) {
  Table table;
  for (const T& view : views) {
    const std::vector<FieldText> fields = fields_of(view);
    std::size_t column = 0;
    auto put = [&](const FieldText& field) {
      if (column == table.size()) table.push_back({label_of(field.name), field.number, {}});
      table[column++].cells.push_back(field.text);
    };
    if (names.empty())
      for (const FieldText& field : fields) put(field);
    for (const std::string_view name : names)
      for (const FieldText& field : fields)
        if (field.name == name) put(field);
  }
  return table;
}

/// Collects the fields of one view.
struct FieldTexts {
  std::vector<FieldText> fields;

  template <class T>
  void operator()(int, const char* name, const T& value) {
    fields.push_back({name, text_for(name, value), kIsNumber<T>, detail_of(value)});
  }

 private:
  template <class T>
  static constexpr bool kIsNumber = std::unsigned_integral<T> && !std::same_as<T, bool>;

  template <class T>
  static std::string text_for(const char* name, const T& value) {
    if constexpr (kIsNumber<T>) {
      return number_text(name, value);
    } else {
      return text_of(value);
    }
  }

  static Table detail_of(const auto&) { return {}; }
  static Table detail_of(const std::vector<KindView>& kinds) { return kinds_table(kinds); }
  static Table detail_of(const std::optional<KindView>& kind) {
    return kind ? kinds_table({*kind}) : Table{};
  }
  template <View T>
  static Table detail_of(const std::vector<T>& views) {
    return table_of(views);
  }
  template <View T>
  static Table detail_of(const std::optional<T>& view) {
    return view ? table_of(std::vector<T>{*view}) : Table{};
  }
};

template <View T>
std::vector<FieldText> fields_of(const T& view) {
  FieldTexts texts;
  T::fields(texts, view);
  return std::move(texts.fields);
}

/// One view as lines "label  value", fields without a value left out, then its tables. width as in table_text().
std::string record_text(const std::vector<FieldText>& fields, std::size_t width);

}  // namespace pbxcred::ctl
