// SPDX-License-Identifier: BSD-2-Clause
// Where generated secrets go.
#include "generated.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "display.h"
#include "file_error.h"
#include "report.h"

namespace pbxcred::ctl {
namespace {

void append_text(SecureBuffer& sink, std::string_view text) {
  sink.append(as_bytes(text));
}

/// A field of RFC 4180.
void append_csv(SecureBuffer& sink, Bytes field) {
  if (as_text(field).find_first_of(",\"\r\n ") == std::string_view::npos) {
    sink.append(field);
    return;
  }
  append_text(sink, "\"");
  for (const std::uint8_t& byte : field) {
    if (byte == '"') append_text(sink, "\"");
    sink.append(Bytes(&byte, 1));
  }
  append_text(sink, "\"");
}

/// A JSON string. Not through the JSON library, which would leave copies of the secret.
void append_json(SecureBuffer& sink, Bytes text) {
  append_text(sink, "\"");
  for (const std::uint8_t& byte : text) {
    if (byte < 0x20) {
      append_text(sink, fmt::format("\\u{:04x}", byte));
      continue;
    }
    if (byte == '"' || byte == '\\') append_text(sink, "\\");
    sink.append(Bytes(&byte, 1));
  }
  append_text(sink, "\"");
}

void append_csv_row(SecureBuffer& text, const GeneratedRow& row) {
  append_csv(text, as_bytes(row.account));
  append_text(text, fmt::format(",{},", name_of(row.kind)));
  append_csv(text, row.secret.bytes);
  append_text(text, "\n");
}

void append_json_row(SecureBuffer& text, const GeneratedRow& row, bool first) {
  append_text(text, first ? "[\n{\"account\":" : ",\n{\"account\":");
  append_json(text, as_bytes(row.account));
  append_text(text, fmt::format(",\"kind\":\"{}\",\"secret\":", name_of(row.kind)));
  append_json(text, row.secret.bytes);
  append_text(text, "}");
}

}  // namespace

GeneratedOutput GeneratedOutput::to_stream(Session& session, bool named) {
  GeneratedOutput output(session, session.json ? Style::kJson : Style::kLines);
  output.named_ = named && !session.json;
  return output;
}

Result<GeneratedOutput> GeneratedOutput::to_file(Session& session, const std::string& path) {
  GeneratedOutput output(session, Style::kCsv);
  output.path_ = path;
  output.file_ = Fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!output.file_) return file_error(path, errno);
  return output;
}

Status GeneratedOutput::write_out(const SecureBuffer& text) {
  int fd = file_.get();
  if (style_ != Style::kCsv) {
    std::fflush(session_->out);
    fd = fileno(session_->out);
  }
  for (Bytes rest = text.view(); !rest.empty();) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return file_error(path_.empty() ? "standard output" : path_, errno);
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status GeneratedOutput::add(const GeneratedRow& row) {
  SecureBuffer text;
  if (named_) {
    write_text(session_->err, fmt::format("{} {}:\n", printable(row.account), name_of(row.kind)));
    std::fflush(session_->err);
  }
  if (style_ == Style::kCsv) {
    if (count_ == 0) append_text(text, "account,kind,secret\n");
    append_csv_row(text, row);
  } else if (style_ == Style::kJson) {
    append_json_row(text, row, count_ == 0);
  } else {
    text.append(row.secret.bytes);
    append_text(text, "\n");
  }
  ++count_;
  const Status written = write_out(text);
  if (!written && style_ == Style::kCsv) return leave_out(row, written.error());
  if (written) whole_ += text.size();
  return written;
}

/// A secret that is set and could not be written: nobody will ever know it.
Error GeneratedOutput::leave_out(const GeneratedRow& row, const Error& why) {
  if (ftruncate(file_.get(), static_cast<off_t>(whole_)) != 0) return why;
  return {why.code, fmt::format("{}; {} secrets are in it. That of {} is changed and not written, perhaps some more "
                                "after it: generate theirs again",
                                why.what, count_ - 1, printable(row.account))};
}

Status GeneratedOutput::finish() {
  if (style_ == Style::kJson) {
    SecureBuffer end;
    append_text(end, count_ == 0 ? "[]\n" : "\n]\n");
    return write_out(end);
  }
  if (style_ != Style::kCsv) return {};
  if (count_ == 0) {
    unlink(path_.c_str());
  } else if (fsync(file_.get()) != 0) {
    return file_error(path_, errno);
  }
  return {};
}

}  // namespace pbxcred::ctl
