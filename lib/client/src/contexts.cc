#include "carillon/client/contexts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "carillon/base/similar.h"
#include "carillon/base/text.h"

namespace carillon::client {
namespace {

/// The members that are texts, with their names in the file.
struct TextMember {
  std::string_view name;
  std::string Context::* member;
};
constexpr TextMember kTextMembers[] = {
    {"name", &Context::name},
    {"server", &Context::server},
    {"tenant", &Context::tenant},
    {"token", &Context::token},
    {"token_file", &Context::token_file},
    {"ca_file", &Context::ca_file},
    {"certificate_file", &Context::certificate_file},
    {"key_file", &Context::key_file},
};

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(base::ToAbsl(what)); }

absl::Status UnknownContextMember(const std::string& path, const std::string& name) {
  std::vector<std::string_view> known = {"tls"};
  for (const TextMember& each : kTextMembers) known.push_back(each.name);
  return Wrong(absl::StrCat(path, ": unknown member '", base::Printable(name), "'",
                            base::DidYouMean(name, known)));
}

absl::StatusOr<Context> ParseContext(const YAML::Node& node, const std::string& path) {
  if (!node.IsMap()) return Wrong(path + ": must be a mapping of members");
  Context context;
  for (const auto& pair : node) {
    const std::string name = pair.first.Scalar();
    if (!pair.second.IsScalar()) return Wrong(absl::StrCat(path, ".", name, ": must be a text"));
    const std::string& value = pair.second.Scalar();
    if (name == "tls") {
      if (value != "true" && value != "false") return Wrong(path + ".tls: must be true or false");
      context.tls = value == "true";
      continue;
    }
    const auto* const found = std::ranges::find(kTextMembers, name, &TextMember::name);
    if (found == std::end(kTextMembers)) return UnknownContextMember(path, name);
    context.*(found->member) = value;
  }
  if (context.name.empty()) return Wrong(path + ".name: must be set");
  if (!context.token.empty() && !context.token_file.empty()) {
    return Wrong(path + ": must have at most one of token, token_file");
  }
  return context;
}

absl::StatusOr<ContextFile> ParseContextFile(const YAML::Node& root) {
  ContextFile file;
  if (root.IsNull()) return file;
  if (!root.IsMap()) return Wrong("must be a mapping with current and contexts");
  for (const auto& pair : root) {
    const std::string& name = pair.first.Scalar();
    if (name == "current" && pair.second.IsScalar()) {
      file.current = pair.second.Scalar();
    } else if (name == "contexts" && pair.second.IsSequence()) {
      for (size_t i = 0; i < pair.second.size(); ++i) {
        const std::string path = absl::StrCat("contexts[", i, "]");
        absl::StatusOr<Context> context = ParseContext(pair.second[i], path);
        if (!context.ok()) return context.status();
        if (file.Find(context->name) != nullptr) {
          return Wrong(absl::StrCat(path, ".name: '", context->name, "' stands here twice"));
        }
        file.contexts.push_back(*std::move(context));
      }
    } else {
      return Wrong(
          absl::StrCat(base::Printable(name), ": there are current, a name, and contexts, a list"));
    }
  }
  return file;
}

absl::Status CannotWrite(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written: ", std::strerror(errno)));
}

}  // namespace

const Context* ContextFile::Find(std::string_view wanted) const {
  const auto found = std::ranges::find(contexts, wanted, &Context::name);
  return found == contexts.end() ? nullptr : &*found;
}

absl::StatusOr<ContextFile> ParseContexts(const std::string& yaml) {
  try {
    return ParseContextFile(YAML::Load(yaml));
  } catch (const YAML::Exception& error) {
    return Wrong(absl::StrCat("line ", error.mark.line + 1, ": not YAML"));
  }
}

std::string FormatContexts(const ContextFile& file) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  if (!file.current.empty()) out << YAML::Key << "current" << YAML::Value << file.current;
  out << YAML::Key << "contexts" << YAML::Value << YAML::BeginSeq;
  for (const Context& context : file.contexts) {
    out << YAML::BeginMap;
    for (const TextMember& each : kTextMembers) {
      const std::string& value = context.*(each.member);
      if (!value.empty()) out << YAML::Key << std::string(each.name) << YAML::Value << value;
    }
    if (context.tls) out << YAML::Key << "tls" << YAML::Value << true;
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::string ContextPath(const Environment& environment) {
  const auto own = environment("CARILLON_CONTEXT_FILE");
  if (own && !own->empty()) return *own;
  const auto xdg = environment("XDG_CONFIG_HOME");
  // A relative one is to be passed over (XDG Base Directory Specification).
  if (xdg && xdg->starts_with('/')) return *xdg + "/carillon/config.yaml";
  const auto home = environment("HOME");
  return home && !home->empty() ? *home + "/.config/carillon/config.yaml" : "";
}

absl::StatusOr<ContextFile> LoadContexts(const std::string& path) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return ContextFile{};
  if (!std::filesystem::is_regular_file(path, error) ||
      std::filesystem::file_size(path, error) > kMaxContextFileBytes) {
    return Wrong(absl::StrCat(path, ": must be a regular file of at most 1 MiB"));
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.good()) return Wrong(path + ": cannot be read");
  absl::StatusOr<ContextFile> file = ParseContexts(text);
  if (file.ok()) return file;
  return Wrong(absl::StrCat(path, ": ", file.status().message()));
}

absl::Status SaveContexts(const std::string& path, const ContextFile& file) {
  if (path.empty()) return Wrong("there is no HOME to keep contexts in; set CARILLON_CONTEXT_FILE");
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const std::string made = absl::StrCat(path, ".", getpid(), ".new");
  const int descriptor =
      open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return CannotWrite(made);
  const std::string text = FormatContexts(file);
  const bool written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool closed = close(descriptor) == 0;
  if (written && closed && rename(made.c_str(), path.c_str()) == 0) return absl::OkStatus();
  absl::Status status = CannotWrite(path);
  unlink(made.c_str());
  return status;
}

absl::Status FillFrom(const ContextFile& file, Context& context) {
  const std::string& name = context.name.empty() ? file.current : context.name;
  if (name.empty()) return absl::OkStatus();
  const Context* found = file.Find(name);
  if (found == nullptr) {
    std::vector<std::string_view> known;
    for (const Context& each : file.contexts) known.push_back(each.name);
    return absl::NotFoundError(absl::StrCat("there is no context '", base::Printable(name), "'",
                                            base::DidYouMean(name, known),
                                            "; `carillon context list` shows them"));
  }
  const bool has_token = !context.token.empty() || !context.token_file.empty();
  // Another server than the context's is not shown the context's token.
  const bool elsewhere = !context.server.empty() && context.server != found->server;
  for (const TextMember& each : kTextMembers) {
    const bool is_token = each.member == &Context::token || each.member == &Context::token_file;
    if (is_token && (has_token || elsewhere)) continue;
    std::string& value = context.*(each.member);
    if (value.empty()) value = found->*(each.member);
  }
  if (!elsewhere) context.tls |= found->tls;
  return absl::OkStatus();
}

}  // namespace carillon::client
