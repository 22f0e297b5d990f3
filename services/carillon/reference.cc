#include "reference.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace carillon::cli {
namespace {

constexpr char kSharedGroup[] = "Connection";
constexpr size_t kWidth = 118;

struct Listed {
  std::string path;  ///< `destinations create`
  const CLI::App* command;
};

/// Commands that can be called, in the order of their tree.
void Collect(const CLI::App& app, const std::string& path, std::vector<Listed>& into) {
  const auto children =
      app.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); });
  if (children.empty()) into.push_back({path, &app});
  for (const CLI::App* child : children) {
    Collect(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), into);
  }
}

std::vector<Listed> CommandsOf(const CLI::App& app) {
  std::vector<Listed> commands;
  Collect(app, "", commands);
  return commands;
}

bool IsShared(const CLI::Option& option) { return option.get_group() == kSharedGroup; }

std::vector<const CLI::Option*> OptionsOf(const CLI::App& command, bool positional, bool shared) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : command.get_options()) {
    if (option == command.get_help_ptr() || option == command.get_version_ptr()) continue;
    if (option->nonpositional() == positional || option->get_group().empty()) continue;
    if (IsShared(*option) == shared) options.push_back(option);
  }
  return options;
}

/// `-o, --output`.
std::string NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names.empty() ? option.get_name(true) : absl::StrJoin(names, ", ");
}

/// The description with default and variable.
std::string MeaningOf(const CLI::Option& option) {
  std::string text = option.get_description();
  std::vector<std::string> facts;
  if (!option.get_default_str().empty()) facts.push_back("default: " + option.get_default_str());
  if (!option.get_envname().empty()) facts.push_back("variable: " + option.get_envname());
  if (option.get_required() && option.nonpositional()) facts.emplace_back("required");
  if (!facts.empty()) absl::StrAppend(&text, " (", absl::StrJoin(facts, "; "), ")");
  return text;
}

std::string UsageOf(const std::string& path, const CLI::App& command) {
  std::string usage = "carillon " + path;
  for (const CLI::Option* option : OptionsOf(command, true, false)) {
    const std::string name = option->get_name(true);
    const std::string many = option->get_items_expected_max() > 1 ? name + "..." : name;
    absl::StrAppend(&usage, option->get_required() ? " " + many : " [" + many + "]");
  }
  return usage + " [FLAGS]";
}

/// `text` in lines of at most kWidth columns.
std::string Wrapped(const std::string& text) {
  std::string wrapped;
  size_t column = 0;
  for (const auto& word : absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (column > 0 && column + 1 + word.size() > kWidth) {
      wrapped += '\n';
      column = 0;
    } else if (column > 0) {
      wrapped += ' ';
      ++column;
    }
    absl::StrAppend(&wrapped, word);
    column += word.size();
  }
  return wrapped + "\n";
}

/// What Markdown would read as something else.
std::string EscapedMarkdown(const std::string& text) {
  std::string escaped = absl::StrReplaceAll(
      text, {{"|", "\\|"}, {"<", "\\<"}, {"*", "\\*"}, {"_", "\\_"}, {"[", "\\["}, {"]", "\\]"}});
  for (size_t at = 0; (at = escaped.find("http", at)) != escaped.npos;) {
    const size_t end = std::min(escaped.find_first_of(" ,;)", at), escaped.size());
    if (escaped.substr(at, end - at).find("://") == escaped.npos) {
      at = end;
      continue;
    }
    escaped.insert(end, "`");
    escaped.insert(at, "`");
    at = end + 2;
  }
  return escaped;
}

void AppendTable(const std::vector<const CLI::Option*>& options, const char* title,
                 std::string& text) {
  if (options.empty()) return;
  absl::StrAppend(&text, "\n| ", title, " | |\n|---|---|\n");
  for (const CLI::Option* option : options) {
    absl::StrAppend(&text, "| `", NamesOf(*option), "` | ", EscapedMarkdown(MeaningOf(*option)),
                    " |\n");
  }
}

void AppendFooter(const CLI::App& command, std::string& text) {
  for (const auto& line : absl::StrSplit(command.get_footer(), '\n', absl::SkipEmpty())) {
    const std::string paragraph(line);
    const size_t colon = paragraph.find(": carillon ");
    if (colon == std::string::npos || !paragraph.starts_with("Example")) {
      absl::StrAppend(&text, "\n", Wrapped(EscapedMarkdown(paragraph)));
      continue;
    }
    absl::StrAppend(
        &text, "\n```sh\n",
        absl::StrReplaceAll(paragraph.substr(colon + 2), {{"; carillon", "\ncarillon"}}),
        "\n```\n");
  }
}

// roff takes a hyphen for a line's end, and a point or a quote at its beginning for a request.
std::string EscapedRoff(const std::string& text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"\n", "\n.br\n"}});
  if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
  return escaped;
}

void AppendRoffOptions(const std::vector<const CLI::Option*>& options, const char* title,
                       std::string& text) {
  if (options.empty()) return;
  absl::StrAppend(&text, ".SH ", title, "\n");
  for (const CLI::Option* option : options) {
    absl::StrAppend(&text, ".TP\n.B ", EscapedRoff(NamesOf(*option)), "\n",
                    EscapedRoff(MeaningOf(*option)), "\n");
  }
}

std::string RoffHead(const std::string& name, const std::string& version,
                     const std::string& description) {
  return absl::StrCat(".TH ", absl::StrReplaceAll(name, {{"-", "\\-"}}), " 1 \"\" \"carillon ",
                      version, "\"\n.SH NAME\n", EscapedRoff(name), " \\- ",
                      EscapedRoff(description), "\n");
}

std::string RoffPage(const Listed& listed, const std::string& name, const std::string& version) {
  const CLI::App& command = *listed.command;
  std::string text = RoffHead(name, version, command.get_description());
  absl::StrAppend(&text, ".SH SYNOPSIS\n.B ", EscapedRoff(UsageOf(listed.path, command)), "\n");
  if (!command.get_footer().empty()) {
    absl::StrAppend(&text, ".SH DESCRIPTION\n", EscapedRoff(command.get_footer()), "\n");
  }
  AppendRoffOptions(OptionsOf(command, true, false), "OPERANDS", text);
  AppendRoffOptions(OptionsOf(command, false, false), "FLAGS", text);
  AppendRoffOptions(OptionsOf(command, false, true), "CONNECTION", text);
  return text + ".SH SEE ALSO\n.BR carillon (1)\n";
}

}  // namespace

std::string MarkdownReference(const CLI::App& app) {
  const std::vector<Listed> commands = CommandsOf(app);
  std::string text =
      "<!-- Made by scripts/cli_docs.sh of the program's own help: change that. -->\n\n"
      "# The command line\n\n" +
      Wrapped(app.get_description() +
              " `carillon COMMAND --help` says what stands here; `carillon completion` completes "
              "commands, flags and names in a shell.") +
      "\n| command | |\n|---|---|\n";
  for (const auto& [path, command] : commands) {
    absl::StrAppend(&text, "| [`", path, "`](#carillon-", absl::StrReplaceAll(path, {{" ", "-"}}),
                    ") | ", EscapedMarkdown(command->get_description()), " |\n");
  }
  absl::StrAppend(
      &text, "\n## Flags of the connection\n\n",
      Wrapped("Commands that call a server have these. A flag goes before its variable, "
              "that before the context (`carillon context`)."));
  AppendTable(OptionsOf(*app.get_subcommand("get"), false, true), "flag", text);
  for (const auto& [path, command] : commands) {
    absl::StrAppend(&text, "\n## carillon ", path, "\n\n",
                    Wrapped(EscapedMarkdown(command->get_description()) + "."), "\n```text\n",
                    UsageOf(path, *command), "\n```\n");
    AppendTable(OptionsOf(*command, true, false), "operand", text);
    AppendTable(OptionsOf(*command, false, false), "flag", text);
    if (!OptionsOf(*command, false, true).empty()) {
      absl::StrAppend(&text,
                      "\nBesides, the [flags of the connection](#flags-of-the-connection).\n");
    }
    AppendFooter(*command, text);
  }
  return text;
}

std::vector<ManualPage> ManualPages(const CLI::App& app, const std::string& version) {
  std::vector<ManualPage> pages;
  std::string all = RoffHead("carillon", version, app.get_description());
  absl::StrAppend(&all, ".SH SYNOPSIS\n.B carillon\nCOMMAND [FLAGS]\n.SH COMMANDS\n");
  for (const Listed& each : CommandsOf(app)) {
    const std::string name = "carillon-" + absl::StrReplaceAll(each.path, {{" ", "-"}});
    pages.push_back({name + ".1", RoffPage(each, name, version)});
    absl::StrAppend(&all, ".TP\n.BR ", EscapedRoff(name), " (1)\n",
                    EscapedRoff(each.command->get_description()), "\n");
  }
  absl::StrAppend(&all, ".SH EXIT STATUS\n", EscapedRoff(app.get_footer()), "\n");
  pages.insert(pages.begin(), {"carillon.1", std::move(all)});
  return pages;
}

}  // namespace carillon::cli
