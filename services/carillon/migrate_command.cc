#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "carillon/config/migrate.h"
#include "commands.h"
#include "exit_codes.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxBytes = size_t{64} << 20;

std::string Why(std::string_view path, std::string_view what) {
  return absl::StrCat(std::string(path), ": ", std::string(what), ": ", std::strerror(errno));
}

/// Reads all of an open file, at most `kMaxBytes` and one more, which Migrate refuses.
bool ReadAll(int fd, std::string& text) {
  char block[1 << 16];
  while (text.size() <= kMaxBytes) {
    const ssize_t n = ::read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    text.append(block, static_cast<size_t>(n));
  }
  return true;
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

/// Puts `text` in the place of the file that `path` leads to, through links: as a new file beside
/// it, of the same mode and, as far as that is allowed, the same owner, which takes its name when
/// it is on disk. So there is always the one or the other.
std::string Replace(const std::string& path, std::string_view text) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return Why(path, "cannot be found");
  const std::string target(resolved);
  std::free(resolved);
  std::string beside = target + ".XXXXXX";
  const int fd = ::mkstemp(beside.data());
  if (fd < 0) return Why(target, "no file can be made beside it");
  struct stat info{};
  bool done = ::stat(target.c_str(), &info) == 0;
  if (done && ::fchown(fd, info.st_uid, info.st_gid) != 0) errno = 0;
  done = done && ::fchmod(fd, info.st_mode & 07777) == 0 && WriteAll(fd, text) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!done) errno = error;
  if (done && ::rename(beside.c_str(), target.c_str()) == 0) return "";
  std::string why = Why(target, "cannot be written");
  ::unlink(beside.c_str());
  return why;
}

struct Arguments {
  std::string path;
  std::string under;
  bool in_place = false;
};

int RunMigrate(const Arguments& arguments) {
  const std::string& path = arguments.path;
  const bool from_input = path == "-";
  if (from_input && arguments.in_place) {
    return Fail("--in-place needs a FILE to write to", kExitWrongInput);
  }
  const int fd = from_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text;
  const bool read = fd >= 0 && ReadAll(fd, text);
  const std::string why = read ? "" : Why(path, "cannot be read");
  if (fd >= 0 && !from_input) ::close(fd);
  if (!read) return Fail(why, kExitWrongInput);
  const absl::StatusOr<config::Migrated> migrated = config::Migrate(text, arguments.under);
  if (!migrated.ok()) {
    std::fprintf(stderr, "%s cannot be migrated:\n%s\n", path.c_str(),
                 std::string(migrated.status().message()).c_str());
    return kExitWrongInput;
  }
  for (const std::string& change : migrated->changes) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), change.c_str());
  }
  if (!arguments.in_place) {
    if (WriteAll(STDOUT_FILENO, migrated->text)) return kExitDone;
    return Fail(Why("standard output", "cannot be written"), kExitRefused);
  }
  if (migrated->changes.empty()) {
    std::fprintf(stderr, "%s: nothing to change\n", path.c_str());
    return kExitDone;
  }
  const std::string failed = Replace(path, migrated->text);
  return failed.empty() ? static_cast<int>(kExitDone) : Fail(failed, kExitRefused);
}

}  // namespace

void AddMigrateCommand(CLI::App& group, Command& chosen) {
  CLI::App* migrate = group.add_subcommand(
      "migrate", "Rewrite a file of an earlier version in the members of this one");
  migrate->footer(
      "What was changed goes to stderr, the file to stdout. Order, comments and quotes stay as "
      "they "
      "are; a file of this version comes out as it was, byte for byte. Values are not checked: "
      "`carillon config check` does that.\n"
      "Exit codes: 0 rewritten, or nothing to change; 2 it cannot be read, or holds what no "
      "version "
      "knew, with an error a line on stderr; 1 the result could not be written.");
  const auto arguments = std::make_shared<Arguments>();
  migrate->add_option("FILE", arguments->path, "The configuration (YAML); - is standard input")
      ->required();
  migrate->add_flag("-i,--in-place", arguments->in_place, "Write the result to FILE");
  migrate->add_option("--under", arguments->under,
                      "The top-level member that holds the configuration, such as `config` in the "
                      "values of the Helm chart");
  migrate->callback(
      [&chosen, arguments] { chosen = [arguments] { return RunMigrate(*arguments); }; });
}

}  // namespace carillon::cli
