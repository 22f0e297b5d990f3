#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "carillon/client/explain.h"
#include "commands.h"
#include "reference.h"

namespace carillon::cli {

int WriteReference(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "markdown") {
    std::fputs(MarkdownReference(app).c_str(), stdout);
    return client::kEndDone;
  }
  if (words.size() != 2 || words[0] != "man") {
    return Fail("carillon __reference markdown, or: man FOLDER", client::kEndWrongInput);
  }
  for (const ManualPage& page : ManualPages(app, CARILLON_VERSION)) {
    std::ofstream file(words[1] + "/" + page.file, std::ios::binary);
    file << page.text;
    file.close();
    if (!file) return Fail(page.file + " cannot be written", client::kEndRefused);
  }
  return client::kEndDone;
}

}  // namespace carillon::cli
