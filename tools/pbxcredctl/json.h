// SPDX-License-Identifier: BSD-2-Clause
// JSON of views. What is no view, above all what holds a secret, does not compile.
#pragma once

#include <string>

#include "model/views.h"
#include "outcome.h"
#include "status_document.h"

namespace pbxcred::ctl {

/// One object, without a final line feed: keys are the field names; Time is RFC 3339 UTC; absent is null; a list of
/// views with a kJsonKey is an object keyed by it. Bytes that are not UTF-8 become U+FFFD. compact: on one line.
template <View T>
std::string json_of(const T& view, bool compact = false);

extern template std::string json_of(const AccountView&, bool);
extern template std::string json_of(const AuthTryView&, bool);
extern template std::string json_of(const DomainView&, bool);
extern template std::string json_of(const ExplainView&, bool);
extern template std::string json_of(const JobView&, bool);
extern template std::string json_of(const KeyView&, bool);
extern template std::string json_of(const KindCount&, bool);
extern template std::string json_of(const KindView&, bool);
extern template std::string json_of(const LockView&, bool);
extern template std::string json_of(const NoteView&, bool);
extern template std::string json_of(const OutcomeView&, bool);
extern template std::string json_of(const StatusDocument&, bool);
extern template std::string json_of(const StatusView&, bool);
extern template std::string json_of(const StoreStatView&, bool);

}  // namespace pbxcred::ctl
