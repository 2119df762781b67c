// SPDX-License-Identifier: BSD-2-Clause
// Tests of the built module through the real libpam, with a fake daemon: what the host process sees of it (design §5,
// promise 7). PBXCRED_PAM_MODULE names the module; else it is taken from the build tree.
#include <dlfcn.h>
#include <fcntl.h>
#include <locale.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "client/fake_daemon.h"
#include "support/check.h"
#include "support/in_child.h"

using namespace pbxcred;
using namespace pbxcred::test;

extern char** environ;

namespace {

using Lines = std::vector<std::string>;

std::string module_path() {
  const char* given = getenv("PBXCRED_PAM_MODULE");
  const std::unique_ptr<char, decltype(&free)> path(
      realpath(given != nullptr ? given : "pam_pbx/.libs/pam_pbx.so", nullptr), free);
  return path ? path.get() : "pam_pbx.so is not built";
}

/// A service file in a directory of its own: the same words for all four types, or the lines as given.
class Service {
 public:
  explicit Service(const std::string& words) {
    std::ofstream file(dir_.file("portal"));
    for (const char* type : {"auth", "account", "password", "session"}) {
      file << type << " required " << module_path() << ' ' << words << '\n';
    }
  }
  explicit Service(const Lines& auth_lines) {
    std::ofstream file(dir_.file("portal"));
    for (const auto& line : auth_lines) file << "auth " << line << '\n';
  }
  const char* dir() const { return dir_.path().c_str(); }

 private:
  TempDir dir_;
};

/// A program's side: one handle, answers to hidden prompts, everything it was told.
class Program {
 public:
  explicit Program(const Service& service, const char* user = "1001") {
    pam_start_confdir("portal", user, &conv_, service.dir(), &handle_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pam_end(handle_, PAM_SUCCESS); }

  pam_handle_t* handle() { return handle_; }
  std::string env(const char* name) {
    const char* value = pam_getenv(handle_, name);
    return value == nullptr ? "" : value;
  }
  std::vector<std::optional<std::string>> answers;
  Lines told;
  int result_of_messages = PAM_SUCCESS;  ///< of the conversation, when it is given a message

 private:
  static int converse(int count, const pam_message** messages, pam_response** replies, void* data) {
    auto& program = *static_cast<Program*>(data);
    if (count != 1) return PAM_CONV_ERR;  // as Apache and saslauthd demand
    program.told.emplace_back(messages[0]->msg);
    const bool is_prompt = messages[0]->msg_style == PAM_PROMPT_ECHO_OFF;
    if (is_prompt && program.answers.empty()) return PAM_CONV_ERR;
    auto* reply = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
    *replies = reply;
    if (!is_prompt) return program.result_of_messages;
    if (program.answers[0]) reply->resp = strdup(program.answers[0]->c_str());
    program.answers.erase(program.answers.begin());
    return PAM_SUCCESS;
  }
  pam_conv conv_ = {converse, this};
  pam_handle_t* handle_ = nullptr;
};

std::string words_for(const FakeDaemon& daemon, const char* more = "account=password") {
  return "run_dir=" + daemon.run_dir() + " timeout=1 " + more;
}

bool is_mapped() {
  std::ifstream maps("/proc/self/maps");
  std::stringstream text;
  text << maps.rdbuf();
  return text.str().find("/pam_pbx.so") != std::string::npos;
}

CASE(module_signs_in_through_libpam) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  Program program(service);
  pam_set_item(program.handle(), PAM_RHOST, "192.0.2.7");
  program.answers = {"right"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
  assert_true((program.told == Lines{"Password: "}));
  assert_string_equal(program.env("PBXCRED_ACCOUNT").c_str(), "1001@example.org");
  assert_int_equal(pam_acct_mgmt(program.handle(), 0), PAM_SUCCESS);
  const auto seen = daemon.seen();
  assert_string_equal(seen.at(0).secret.c_str(), "right");
  assert_string_equal(seen.at(0).service.c_str(), "portal");
  assert_string_equal(seen.at(0).rhost.c_str(), "192.0.2.7");
  assert_true(seen.at(1).is_status());
}

CASE(module_needs_no_daemon_for_setcred_and_session) {
  const Service service("run_dir=/nonexistent/pbxcred account=password");
  Program program(service);
  assert_int_equal(pam_setcred(program.handle(), static_cast<int>(PAM_ESTABLISH_CRED)), PAM_SUCCESS);
  assert_int_equal(pam_open_session(program.handle(), 0), PAM_SUCCESS);
  assert_int_equal(pam_close_session(program.handle(), 0), PAM_SUCCESS);
  assert_int_equal(pam_acct_mgmt(program.handle(), 0), PAM_AUTHINFO_UNAVAIL);
  program.answers = {"right"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_AUTHINFO_UNAVAIL);
  program.answers = {"old"};
  assert_int_equal(pam_chauthtok(program.handle(), static_cast<int>(PAM_CHANGE_EXPIRED_AUTHTOK)), PAM_TRY_AGAIN);
}

CASE(module_refuses_when_arguments_are_wrong) {
  FakeDaemon daemon(Verdict::kGranted);
  for (const char* wrong : {"account=password trust=ruser", "account=password nullok", "account=password strict strict",
                            "account=password use_first_pass try_first_pass", "strict"}) {
    const Service service(words_for(daemon, wrong));
    Program program(service);
    program.answers = {"right"};
    assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SYSTEM_ERR);
    assert_int_equal(pam_acct_mgmt(program.handle(), 0), PAM_SYSTEM_ERR);
    assert_int_equal(pam_chauthtok(program.handle(), 0), PAM_SYSTEM_ERR);
    assert_int_equal(program.answers.size(), 1);
  }
  assert_int_equal(daemon.seen().size(), 0);
}

CASE(module_refuses_answers_that_are_none) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  Program program(service);
  const std::optional<std::string> answers[] = {"", std::nullopt, std::string(1025, 'x')};
  for (const auto& answer : answers) {
    program.answers = {answer};
    assert_int_equal(pam_authenticate(program.handle(), 0), PAM_AUTH_ERR);
  }
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_AUTH_ERR);
  assert_int_equal(daemon.seen().size(), 0);
  program.answers = {std::string(1024, 'x')};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
  assert_int_equal(daemon.seen().at(0).secret.size(), 1024);
}

CASE(module_clears_environment_when_handle_is_reused) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  Program program(service);
  program.answers = {"right"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
  daemon.answer_with([](const Seen& seen) { return Act{Act::Mode::kReply, reply_to(seen, Verdict::kRefused), {}}; });
  pam_set_item(program.handle(), PAM_USER, "1002");
  program.answers = {"wrong"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_AUTH_ERR);
  char** list = pam_getenvlist(program.handle());
  const bool empty = list != nullptr && *list == nullptr;
  free(list);
  assert_true(empty);
}

CASE(module_leaves_secret_to_later_modules) {
  FakeDaemon daemon([](const Seen& seen) {
    const bool right = seen.kind == Kind::kPassword;
    return Act{Act::Mode::kReply, reply_to(seen, right ? Verdict::kGranted : Verdict::kRefused), {}};
  });
  const std::string line = module_path() + ' ' + words_for(daemon, "");
  const Service service(
      Lines{"optional " + line + " account=voicemail", "required " + line + " account=password use_first_pass"});
  Program program(service);
  program.answers = {"typed"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
  assert_true((program.told == Lines{"PIN: "}));
  assert_string_equal(daemon.seen().at(1).secret.c_str(), "typed");
}

CASE(module_ignores_a_conversation_that_shows_nothing) {
  std::string text(600, 'a');
  text.replace(510, 2, "\xC3\xA4");  // a character across the limit of a message
  FakeDaemon daemon([&](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, Verdict::kGranted), {}};
    act.reply.texts.push_back({true, "one"});
    act.reply.texts.push_back({false, text});
    return act;
  });
  const Service service(words_for(daemon));
  Program program(service);
  program.result_of_messages = PAM_CONV_ERR;
  program.answers = {"right"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
  assert_true((program.told == Lines{"Password: ", "one", std::string(510, 'a')}));
}

CASE(module_changes_on_demand_with_the_grant_of_the_login) {
  FakeDaemon daemon([](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, Verdict::kGranted), {}};
    if (!seen.is_commit()) act.reply.change = only(Kind::kPassword);
    act.reply.has_grant = seen.is_auth();
    act.reply.grant.fill(9);
    return act;
  });
  const Service service(words_for(daemon));
  Program program(service);
  program.answers = {"temporary", "new", "new"};
  assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
  assert_int_equal(pam_acct_mgmt(program.handle(), 0), PAM_NEW_AUTHTOK_REQD);
  assert_string_equal(program.env("PBXCRED_CHANGE").c_str(), "password");
  assert_int_equal(pam_chauthtok(program.handle(), static_cast<int>(PAM_CHANGE_EXPIRED_AUTHTOK)), PAM_SUCCESS);
  assert_true((program.told == Lines{"Password: ", "New password: ", "Retype new password: "}));
  GrantToken expected;
  expected.fill(9);
  const Seen commit = daemon.seen().back();
  assert_true(commit.is_commit() && commit.grant == expected);
  assert_string_equal(commit.secrets.at(0).second.c_str(), "new");
}

CASE(module_lets_chpasswd_change_without_the_current_secret) {
  if (getuid() != 0 || geteuid() != 0) return print_message("# needs root\n");
  FakeDaemon daemon([](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, Verdict::kGranted), {}};
    act.reply.change = only(Kind::kVoicemail);
    return act;
  });
  const Service service(words_for(daemon, "account=voicemail"));
  Program program(service);
  program.answers = {"4711", "4711"};
  assert_int_equal(pam_chauthtok(program.handle(), 0), PAM_SUCCESS);
  assert_true((program.told == Lines{"New PIN: ", "Retype new PIN: "}));
  const auto seen = daemon.seen();
  assert_int_equal(seen.at(0).proof, ChangeRequest::Proof::kPrivilege);
  assert_int_equal(seen.at(1).proof, ChangeRequest::Proof::kPrivilege);
}

CASE(module_asks_a_setuid_program_for_the_current_secret) {
  if (getuid() != 0) return print_message("# needs root\n");
  FakeDaemon daemon([](const Seen& seen) {
    Act act{Act::Mode::kReply, reply_to(seen, Verdict::kRefused), {}};
    return act;
  });
  const Service service(words_for(daemon));
  assert_true(in_child([&] {  // passwd(1): real uid the user's, effective root's
    if (setresuid(12345, 0, 0) != 0) return false;
    Program program(service);
    program.answers = {"old"};
    return pam_chauthtok(program.handle(), 0) == PAM_AUTH_ERR && program.told == Lines{"Current password: "};
  }));
  assert_int_equal(daemon.seen().at(0).proof, ChangeRequest::Proof::kSecret);
}

CASE(module_unloads_with_its_handle) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  {
    Program program(service);
    program.answers = {"right"};
    assert_int_equal(pam_authenticate(program.handle(), 0), PAM_SUCCESS);
    assert_true(is_mapped());
  }
  assert_false(is_mapped());
  void* loaded = dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  assert_non_null(loaded);
  assert_non_null(dlsym(loaded, "pam_sm_setcred"));
  assert_true(is_mapped());
  dlclose(loaded);
  assert_false(is_mapped());
}

/// What a module could spoil in its host.
struct HostState {
  mode_t mask;
  std::string directory, locale, variables;
  std::vector<void (*)(int)> handlers;
  std::vector<int> descriptors;

  static HostState now() {
    HostState state{};
    state.mask = umask(0);
    umask(state.mask);
    char path[4096] = "";
    state.directory = getcwd(path, sizeof path) == nullptr ? "?" : path;
    state.locale = setlocale(LC_ALL, nullptr);
    for (char** entry = environ; *entry != nullptr; ++entry) state.variables += std::string(*entry) + '\n';
    for (int number = 1; number < 32; ++number) {
      struct sigaction action {};
      if (sigaction(number, nullptr, &action) == 0) state.handlers.push_back(action.sa_handler);
    }
    for (int fd = 0; fd < 256; ++fd) {
      if (fcntl(fd, F_GETFD) >= 0) state.descriptors.push_back(fd);
    }
    return state;
  }
  bool operator==(const HostState&) const = default;
};

CASE(module_leaves_the_host_process_as_it_was) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  assert_true(in_child([&] {
    const HostState before = HostState::now();
    {
      Program program(service);
      for (const char* answer : {"right", "", "right"}) {
        program.answers = {answer};
        pam_authenticate(program.handle(), 0);
        pam_acct_mgmt(program.handle(), 0);
      }
    }
    return HostState::now() == before;
  }));
}

CASE(module_works_when_standard_descriptors_are_closed) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  assert_true(in_child([&] {
    close(0);
    close(1);
    close(2);
    Program program(service);
    program.answers = {"right"};
    const int result = pam_authenticate(program.handle(), 0);
    return result == PAM_SUCCESS && fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
  }));
}

CASE(module_works_when_descriptors_are_above_1023) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 1200) return print_message("# needs more descriptors\n");
  assert_true(in_child([&] {
    limit.rlim_cur = 1200;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) < 1100) {
    }
    Program program(service);
    program.answers = {"right"};
    return pam_authenticate(program.handle(), 0) == PAM_SUCCESS;
  }));
}

CASE(module_fails_cleanly_when_no_descriptor_is_left) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon));
  assert_true(in_child([&] {
    Program program(service);
    program.answers = {"right"};
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &limit);
    return pam_authenticate(program.handle(), 0) == PAM_SYSTEM_ERR;
  }));
}

CASE(module_survives_a_daemon_that_hangs_up) {
  FakeDaemon daemon([](const Seen&) { return Act{Act::Mode::kClose, {}, {}}; });
  const Service service(words_for(daemon));
  assert_true(in_child([&] {
    signal(SIGPIPE, SIG_DFL);
    Program program(service);
    program.answers = {"right"};
    return pam_authenticate(program.handle(), 0) == PAM_AUTHINFO_UNAVAIL;
  }));
}

CASE(module_serves_many_threads) {
  FakeDaemon daemon(Verdict::kGranted);
  const Service service(words_for(daemon, "account=password"));
  std::vector<std::thread> threads;
  std::vector<int> granted(8);
  for (std::size_t i = 0; i < granted.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 10; ++round) {
        Program program(service);
        program.answers = {"right"};
        granted[i] += pam_authenticate(program.handle(), 0) == PAM_SUCCESS ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : granted) assert_int_equal(count, 10);
}

}  // namespace

RUN_CASES(cmocka_unit_test(module_signs_in_through_libpam),
          cmocka_unit_test(module_needs_no_daemon_for_setcred_and_session),
          cmocka_unit_test(module_refuses_when_arguments_are_wrong),
          cmocka_unit_test(module_refuses_answers_that_are_none),
          cmocka_unit_test(module_clears_environment_when_handle_is_reused),
          cmocka_unit_test(module_leaves_secret_to_later_modules),
          cmocka_unit_test(module_ignores_a_conversation_that_shows_nothing),
          cmocka_unit_test(module_changes_on_demand_with_the_grant_of_the_login),
          cmocka_unit_test(module_lets_chpasswd_change_without_the_current_secret),
          cmocka_unit_test(module_asks_a_setuid_program_for_the_current_secret),
          cmocka_unit_test(module_unloads_with_its_handle), cmocka_unit_test(module_leaves_the_host_process_as_it_was),
          cmocka_unit_test(module_works_when_standard_descriptors_are_closed),
          cmocka_unit_test(module_works_when_descriptors_are_above_1023),
          cmocka_unit_test(module_fails_cleanly_when_no_descriptor_is_left),
          cmocka_unit_test(module_survives_a_daemon_that_hangs_up), cmocka_unit_test(module_serves_many_threads))
