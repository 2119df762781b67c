// SPDX-License-Identifier: BSD-2-Clause
#include "rules/phone_number.h"

#include <algorithm>

namespace pbxcred {
namespace {

struct Plan {
  std::string_view country, code, trunk, international;
};

/// Country codes: ITU-T E.164 list of assigned codes. Trunk and international prefixes: ITU Operational Bulletin 994.
/// Sorted by country.
constexpr Plan kPlans[] = {
    // clang-format off
    {"AD", "376", "", "00"}, {"AE", "971", "0", "00"}, {"AF", "93", "0", "00"}, {"AG", "1", "1", "011"},
    {"AI", "1", "1", "011"}, {"AL", "355", "0", "00"}, {"AM", "374", "0", "00"}, {"AO", "244", "", "00"},
    {"AR", "54", "0", "00"}, {"AS", "1", "1", "011"}, {"AT", "43", "0", "00"}, {"AU", "61", "0", "0011"},
    {"AW", "297", "0", "00"}, {"AX", "358", "0", "00"}, {"AZ", "994", "0", "00"}, {"BA", "387", "0", "00"},
    {"BB", "1", "1", "011"}, {"BD", "880", "0", "00"}, {"BE", "32", "0", "00"}, {"BF", "226", "", "00"},
    {"BG", "359", "0", "00"}, {"BH", "973", "", "00"}, {"BI", "257", "", "00"}, {"BJ", "229", "", "00"},
    {"BL", "590", "0", "00"}, {"BM", "1", "1", "011"}, {"BN", "673", "", "00"}, {"BO", "591", "0", "00"},
    {"BQ", "599", "0", "00"}, {"BR", "55", "0", "00"}, {"BS", "1", "1", "011"}, {"BT", "975", "", "00"},
    {"BW", "267", "", "00"}, {"BY", "375", "8", "810"}, {"BZ", "501", "", "00"}, {"CA", "1", "1", "011"},
    {"CC", "61", "0", "0011"}, {"CD", "243", "0", "00"}, {"CF", "236", "", "00"}, {"CG", "242", "", "00"},
    {"CH", "41", "0", "00"}, {"CI", "225", "", "00"}, {"CK", "682", "", "00"}, {"CL", "56", "", "00"},
    {"CM", "237", "0", "00"}, {"CN", "86", "0", "00"}, {"CO", "57", "0", "00"}, {"CR", "506", "", "00"},
    {"CU", "53", "", "00"}, {"CV", "238", "", "00"}, {"CW", "599", "0", "00"}, {"CX", "61", "0", "0011"},
    {"CY", "357", "", "00"}, {"CZ", "420", "", "00"}, {"DE", "49", "0", "00"}, {"DJ", "253", "", "00"},
    {"DK", "45", "", "00"}, {"DM", "1", "1", "011"}, {"DO", "1", "1", "011"}, {"DZ", "213", "0", "00"},
    {"EC", "593", "0", "00"}, {"EE", "372", "", "00"}, {"EG", "20", "0", "00"}, {"EH", "212", "0", "00"},
    {"ER", "291", "", "00"}, {"ES", "34", "", "00"}, {"ET", "251", "0", "00"}, {"FI", "358", "0", "00"},
    {"FJ", "679", "", "00"}, {"FK", "500", "", "00"}, {"FM", "691", "", "00"}, {"FO", "298", "", "00"},
    {"FR", "33", "0", "00"}, {"GA", "241", "", "00"}, {"GB", "44", "0", "00"}, {"GD", "1", "1", "011"},
    {"GE", "995", "0", "00"}, {"GF", "594", "0", "00"}, {"GG", "44", "0", "00"}, {"GH", "233", "0", "00"},
    {"GI", "350", "", "00"}, {"GL", "299", "", "00"}, {"GM", "220", "", "00"}, {"GN", "224", "", "00"},
    {"GP", "590", "0", "00"}, {"GQ", "240", "", "00"}, {"GR", "30", "", "00"}, {"GT", "502", "", "00"},
    {"GU", "1", "1", "011"}, {"GW", "245", "", "00"}, {"GY", "592", "", "00"}, {"HK", "852", "", "001"},
    {"HN", "504", "", "00"}, {"HR", "385", "0", "00"}, {"HT", "509", "", "00"}, {"HU", "36", "06", "00"},
    {"ID", "62", "0", "001"}, {"IE", "353", "0", "00"}, {"IL", "972", "0", "00"}, {"IM", "44", "0", "00"},
    {"IN", "91", "0", "00"}, {"IO", "246", "", "00"}, {"IQ", "964", "0", "00"}, {"IR", "98", "0", "00"},
    {"IS", "354", "", "00"}, {"IT", "39", "", "00"}, {"JE", "44", "0", "00"}, {"JM", "1", "1", "011"},
    {"JO", "962", "0", "00"}, {"JP", "81", "0", "010"}, {"KE", "254", "0", "00"}, {"KG", "996", "0", "00"},
    {"KH", "855", "0", "001"}, {"KI", "686", "", "00"}, {"KM", "269", "", "00"}, {"KN", "1", "1", "011"},
    {"KP", "850", "0", "00"}, {"KR", "82", "0", "001"}, {"KW", "965", "", "00"}, {"KY", "1", "1", "011"},
    {"KZ", "7", "8", "810"}, {"LA", "856", "", "00"}, {"LB", "961", "0", "00"}, {"LC", "1", "1", "011"},
    {"LI", "423", "", "00"}, {"LK", "94", "", "00"}, {"LR", "231", "", "00"}, {"LS", "266", "", "00"},
    {"LT", "370", "0", "00"}, {"LU", "352", "", "00"}, {"LV", "371", "", "00"}, {"LY", "218", "0", "00"},
    {"MA", "212", "0", "00"}, {"MC", "377", "", "00"}, {"MD", "373", "0", "00"}, {"ME", "382", "0", "00"},
    {"MF", "590", "0", "00"}, {"MG", "261", "0", "00"}, {"MH", "692", "1", "011"}, {"MK", "389", "0", "00"},
    {"ML", "223", "", "00"}, {"MM", "95", "0", "00"}, {"MN", "976", "0", "00"}, {"MO", "853", "", "00"},
    {"MP", "1", "1", "011"}, {"MQ", "596", "0", "00"}, {"MR", "222", "", "00"}, {"MS", "1", "1", "011"},
    {"MT", "356", "", "00"}, {"MU", "230", "0", "00"}, {"MV", "960", "", "00"}, {"MW", "265", "", "00"},
    {"MX", "52", "", "00"}, {"MY", "60", "0", "00"}, {"MZ", "258", "", "00"}, {"NA", "264", "0", "00"},
    {"NC", "687", "0", "00"}, {"NE", "227", "", "00"}, {"NF", "672", "", "00"}, {"NG", "234", "0", "00"},
    {"NI", "505", "", "00"}, {"NL", "31", "0", "00"}, {"NO", "47", "", "00"}, {"NP", "977", "0", "00"},
    {"NR", "674", "", "00"}, {"NU", "683", "", "00"}, {"NZ", "64", "0", "00"}, {"OM", "968", "", "00"},
    {"PA", "507", "", "00"}, {"PE", "51", "0", "00"}, {"PF", "689", "0", "00"}, {"PG", "675", "", "00"},
    {"PH", "63", "0", "00"}, {"PK", "92", "0", "00"}, {"PL", "48", "", "00"}, {"PM", "508", "0", "00"},
    {"PR", "1", "1", "011"}, {"PS", "970", "0", "00"}, {"PT", "351", "", "00"}, {"PW", "680", "0", "00"},
    {"PY", "595", "0", "00"}, {"QA", "974", "", "00"}, {"RE", "262", "0", "00"}, {"RO", "40", "0", "00"},
    {"RS", "381", "0", "00"}, {"RU", "7", "8", "810"}, {"RW", "250", "", "00"}, {"SA", "966", "0", "00"},
    {"SB", "677", "", "00"}, {"SC", "248", "", "00"}, {"SD", "249", "0", "00"}, {"SE", "46", "0", "00"},
    {"SG", "65", "", "001"}, {"SH", "290", "", "00"}, {"SI", "386", "0", "00"}, {"SJ", "47", "", "00"},
    {"SK", "421", "0", "00"}, {"SL", "232", "0", "00"}, {"SM", "378", "", "00"}, {"SN", "221", "", "00"},
    {"SO", "252", "", "00"}, {"SR", "597", "", "00"}, {"SS", "211", "0", "00"}, {"ST", "239", "", "00"},
    {"SV", "503", "", "00"}, {"SX", "1", "1", "011"}, {"SY", "963", "", "00"}, {"SZ", "268", "", "00"},
    {"TC", "1", "1", "011"}, {"TD", "235", "", "00"}, {"TG", "228", "", "00"}, {"TH", "66", "0", "001"},
    {"TJ", "992", "0", "00"}, {"TK", "690", "", "00"}, {"TL", "670", "", "00"}, {"TM", "993", "8", "810"},
    {"TN", "216", "", "00"}, {"TO", "676", "", "00"}, {"TR", "90", "0", "00"}, {"TT", "1", "1", "011"},
    {"TV", "688", "0", "00"}, {"TW", "886", "0", "002"}, {"TZ", "255", "0", "00"}, {"UA", "380", "0", "00"},
    {"UG", "256", "0", "00"}, {"US", "1", "1", "011"}, {"UY", "598", "0", "00"}, {"UZ", "998", "0", "00"},
    {"VA", "39", "", "00"}, {"VC", "1", "1", "011"}, {"VE", "58", "0", "00"}, {"VG", "1", "1", "011"},
    {"VI", "1", "1", "011"}, {"VN", "84", "0", "00"}, {"VU", "678", "", "00"}, {"WF", "681", "", "00"},
    {"WS", "685", "", "00"}, {"XK", "383", "0", "00"}, {"YE", "967", "0", "00"}, {"YT", "262", "0", "00"},
    {"ZA", "27", "0", "00"}, {"ZM", "260", "0", "00"}, {"ZW", "263", "0", "00"},
    // clang-format on
};

const Plan* plan_of(std::string_view country) {
  std::string upper(country);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const auto* found = std::lower_bound(std::begin(kPlans), std::end(kPlans), std::string_view(upper),
                                       [](const Plan& plan, std::string_view key) { return plan.country < key; });
  return found != std::end(kPlans) && found->country == upper ? found : nullptr;
}

/// The digits of a number people wrote with blanks, dots, dashes, slashes and brackets; none if it holds anything else.
std::optional<std::string> digits_of(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c >= '0' && c <= '9') digits += c;
    else if (std::string_view(" .-/()").find(c) == std::string_view::npos) return std::nullopt;
  }
  return digits;
}

/// "+49 (0)30 123": the 0 is for callers within the country.
std::string without_optional_trunk(std::string_view text) {
  std::string rest(text);
  if (const auto at = rest.find("(0)"); at != std::string::npos) rest.erase(at, 3);
  return rest;
}

std::optional<std::string> in_bounds(std::string digits) {
  if (digits.size() < 4 || digits.size() > 15 || digits.front() == '0') return std::nullopt;
  return "+" + std::move(digits);
}

}  // namespace

bool is_known_country(std::string_view country) { return plan_of(country) != nullptr; }

std::optional<std::string> to_e164(std::string_view number, std::string_view country) {
  const bool plus = number.starts_with('+');
  const auto digits = digits_of(plus ? without_optional_trunk(number.substr(1)) : std::string(number));
  if (!digits) return std::nullopt;
  if (plus) return in_bounds(*digits);
  const Plan* plan = plan_of(country);
  if (plan == nullptr) return std::nullopt;
  if (digits->starts_with(plan->international)) return in_bounds(digits->substr(plan->international.size()));
  // North America writes its country code where others write a trunk prefix.
  const bool trunk = !plan->trunk.empty() && digits->starts_with(plan->trunk);
  const std::string national = trunk ? digits->substr(plan->trunk.size()) : *digits;
  if (national.size() < 4) return std::nullopt;  // an extension, not a subscriber number
  return in_bounds(std::string(plan->code) + national);
}

}  // namespace pbxcred
