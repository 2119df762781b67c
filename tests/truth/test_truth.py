# SPDX-License-Identifier: BSD-2-Clause
"""What the programs accept and what is written about it, both ways: commands, options, words of the module, exit statuses,
exported symbols, completions. (Keys of the configuration: tests/daemon/test_config_sample.)

Environment: builddir, srcdir. TAP on standard output.
"""
import os
import re
import subprocess
import sys

BUILD = os.path.abspath(os.environ.get("builddir", "."))
SOURCE = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
CTL = os.path.join(BUILD, "tools/pbxcredctl/pbxcredctl")
GLOBAL = {"--help", "--json", "--run-dir"}


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def run(*words):
    """The standard output of pbxcredctl. Nothing here may reach a daemon."""
    done = subprocess.run([CTL, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          check=True)
    return done.stdout


# ---- what the programs say

def listed(text, heading):
    """The first words of the indented lines below a heading of a help text."""
    block = re.search(rf"^{heading}:\n((?:  .*\n)+)", text, re.M)
    return [line.split()[0] for line in block[1].splitlines() if not line.startswith("   ")] if block else []


def commands():
    """Every command: its words."""
    found = []
    for word in listed(run("--help"), "Commands"):
        below = listed(run(word, "--help"), "Commands")
        found += [f"{word} {leaf}" for leaf in below] or [word]
    return found


def options_of(command):
    text = run(*command.split(), "--help")
    return set(re.findall(r"--[a-z-]+", " ".join(listed(text, "Options")))) - GLOBAL


# ---- what the manual says

def sections(page):
    """Heading of .Sh or .Ss to its lines."""
    found, lines = {}, []
    for line in page.splitlines():
        heading = re.match(r"\.S[hs] (.*)", line)
        if heading:
            lines = found.setdefault(heading[1].strip('"'), [])
        else:
            lines.append(line)
    return found


def items(lines, macro):
    return [line.split(maxsplit=2)[2] for line in lines if line.startswith(f".It {macro} ")]


def command_in(text):
    """`user move Ar USER …` → user move"""
    return re.split(r" (?:Ar|Op|,)(?: |$)", text)[0].strip()


def described(page):
    """Command to the section that describes it."""
    found = {}
    for heading, lines in sections(page).items():
        if heading != "JSON":
            found.update((command_in(text), heading) for text in items(lines, "Ic"))
    return found


def flags(lines):
    return {"-" + text.split()[0] for text in items(lines, "Fl") if text.startswith("-")}


# ---- the comparisons

def differences(left, right, left_name, right_name):
    return [f"{one}: in {left_name}, not in {right_name}" for one in sorted(set(left) - set(right))] + \
        [f"{one}: in {right_name}, not in {left_name}" for one in sorted(set(right) - set(left))]


def test_commands_of_pbxcredctl():
    return differences(commands(), described(read("man/pbxcredctl.8")), "the help", "pbxcredctl(8)")


def test_options_of_pbxcredctl():
    page = read("man/pbxcredctl.8")
    parts = {heading: flags(lines) for heading, lines in sections(page).items()}
    where = described(page)
    faults, used = [], {heading: set() for heading in parts}
    for command in commands():
        for option in options_of(command):
            homes = [h for h in (where.get(command), "SELECTION") if h and option in parts.get(h, ())]
            if not homes:
                faults.append(f"{command} {option}: in the help, not in pbxcredctl(8)")
            for home in homes:
                used[home].add(option)
    for heading, written in parts.items():
        if heading not in ("DESCRIPTION",):
            faults += [f"{option}: in pbxcredctl(8), {heading}, and no command there has it"
                       for option in sorted(written - used[heading])]
    return faults


def test_completion_offers_what_help_lists():
    faults = []
    for command in commands():
        offered = set(run("--complete", *command.split(), "--").split())
        faults += [f"{command}: {text}" for text in
                   differences(options_of(command) | GLOBAL, offered, "the help", "the completion")]
    return faults


def test_bash_completes():
    script = (f'. "{SOURCE}/conf/completion/pbxcredctl.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pbxcredctl; '
              'echo "${COMPREPLY[*]}"')
    faults = []
    for words, wanted in ((["st"], "status store"), (["user", "li"], "list"), (["secret", "set", "1", "vo"], "voicemail"),
                          (["user", "list", "--dry"], "--dry-run"), (["import", "csv", ""], "")):
        done = subprocess.run(["bash", "-c", script, "bash", "pbxcredctl", *words], capture_output=True, text=True,
                              env={"PATH": os.path.dirname(CTL) + ":/usr/bin:/bin"}, timeout=120, check=True)
        if done.stdout.strip() != wanted:
            faults.append(f"{words}: {done.stdout.strip()!r}, not {wanted!r}")
    return faults


def test_exit_statuses():
    code = re.findall(r"^\s+k\w+ = (\d+),", read("tools/pbxcredctl/exit_status.h"), re.M)
    page = sections(read("man/pbxcredctl.8"))["EXIT STATUS"]
    written = [line.split()[1] for line in page if re.match(r"\.It \d+$", line)]
    return differences(code, written, "exit_status.h", "pbxcredctl(8)")


def test_options_of_pbxcredd():
    done = subprocess.run([os.path.join(BUILD, "tools/pbxcredd/pbxcredd"), "--help"], capture_output=True, text=True,
                          timeout=120, check=True)
    page = sections(read("man/pbxcredd.8"))["DESCRIPTION"]
    return differences(set(re.findall(r"--[a-z-]+", done.stdout)) | {"--help"}, flags(page), "--help", "pbxcredd(8)")


def test_words_of_the_module():
    table = read("pam_pbx/options.cc").split("kWords[] = {")[1].split("};")[0]
    offered = {word for word, reader in re.findall(r'\{"([a-z_=]+)", (\w+)\}', table) if reader != "read_trust"}
    page = sections(read("man/pam_pbx.8"))["Arguments"]
    return differences(offered, {text.split()[0] for text in items(page, "Cm")}, "options.cc", "pam_pbx(8)")


def test_functions_of_the_module():
    exported = re.findall(r"pam_sm_\w+", read("pam_pbx/pam_pbx.map"))
    return differences(exported, re.findall(r"\bpam_sm_\w+", read("pam_pbx/entry.cc")), "pam_pbx.map", "entry.cc")


def main():
    tests = [(name, f) for name, f in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    bad = 0
    for number, (name, function) in enumerate(tests, 1):
        faults = function()
        for fault in faults:
            print("#", fault)
        bad += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
