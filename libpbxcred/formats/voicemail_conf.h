// SPDX-License-Identifier: BSD-2-Clause
// Mailboxes and their PINs from Asterisk's voicemail.conf (design §4 "CSV").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/row_sink.h"

namespace pbxcred {

struct VoicemailOptions {
  /// {context, domain}; contexts compare without case. A context that is not here is its own domain; one that the file
  /// lacks is an error.
  std::vector<std::pair<std::string, std::string>> map;
  /// Where Asterisk keeps messages, as /var/spool/asterisk/voicemail; read for the PINs of `passwordlocation=spooldir`.
  /// Empty: such a mailbox comes in without a PIN and says so.
  std::string spool = {};
};

/// Reads every mailbox, `BOX => PIN,NAME,EMAIL,PAGER,OPTIONS`, in the order of the sections; how the file itself is
/// read is said in formats/asterisk_config.h. Templates are no contexts: their mailboxes belong to the sections that
/// inherit them. No mailboxes are [general], [zonemessages], the section that `aliasescontext` names, `a@b => c@d` (an
/// alias), and `=` lines of one value whose name is one of voicemail.conf's options. domain: the context, or as mapped.
/// extension: BOX. The PIN becomes the voicemail secret, without the leading `-` that forbids to change it; an empty
/// one is none. NAME's last word is the last name; a single word is the first name. Of several e-mail addresses the
/// first counts; of the options `language`, `tz` (else [general]'s), which [zonemessages] makes a time zone of, and
/// `passwordlocation=spooldir` (else [general]'s): the PIN is then that of SPOOL/CONTEXT/BOX/secret.conf, or this one
/// if there is no such file. A line that cannot be read becomes a row with a problem, as does a mailbox that its
/// context already has (Asterisk takes the first) and one whose secret.conf cannot be read. These come first for the
/// syntax. Neither problems nor errors repeat what a line holds. Errors: of AsteriskConfig::read() and of the sink.
Status parse_voicemail_conf(const std::string& path, const VoicemailOptions& options, const RowSink& sink);

/// The same for a file in memory, which cannot include others.
Status parse_voicemail_conf_text(std::string_view text, std::string_view file_name, const VoicemailOptions& options,
                                 const RowSink& sink);

}  // namespace pbxcred
