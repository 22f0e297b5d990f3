#include "install_console.h"

#include <string>
#include <utility>
#include <vector>

#include "carillon/base/text.h"
#include "carillon/console/pak.h"
#include "carillon/console/site.h"

namespace carillon::server {

void InstallConsole(const v1::ConsoleSettings& settings, AdminFront& admin, log::Logger& logger) {
  if (settings.disabled()) return;
  const std::string path = settings.file().empty() ? console::FindPak() : settings.file();
  if (path.empty()) {
    return admin.SetConsole(console::Site::WithoutPages("There is no console.pak."));
  }
  auto files = console::LoadPak(path);
  if (!files.ok()) {
    const std::string why(base::ToStd(files.status().message()));
    logger.Error("the console cannot be served", {{"error", why}});
    return admin.SetConsole(console::Site::WithoutPages("It cannot be served: the log says why."));
  }
  const std::vector<std::string> origins(settings.embed_origins().begin(),
                                         settings.embed_origins().end());
  admin.SetConsole(console::Site(*std::move(files), origins));
}

}  // namespace carillon::server
