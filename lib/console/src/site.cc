#include "carillon/console/site.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "carillon/base/text.h"

namespace carillon::console {
namespace {

constexpr std::string_view kRoot = "/console/";
constexpr std::string_view kAssets = "/console/assets/";
constexpr std::string_view kIndex = "/console/index.html";
constexpr char kSettings[] = "/console/settings.json";
constexpr size_t kMaxDepth = 16;  // of a path below the root, in slashes

std::string PolicyFor(const std::vector<std::string>& embed_origins) {
  return absl::StrCat(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ",
      embed_origins.empty() ? "'none'" : absl::StrJoin(embed_origins, " "),
      "; require-trusted-types-for 'script'; trusted-types 'none'");
}

/// What the pages have to know of the configuration: in a frame, whom they may listen to.
std::string SettingsFor(const std::vector<std::string>& embed_origins) {
  const auto quoted = [](std::string* out, const std::string& origin) {
    absl::StrAppend(out, "\"", origin, "\"");
  };
  return absl::StrCat("{\"embedOrigins\":[", absl::StrJoin(embed_origins, ",", quoted), "]}\n");
}

std::string MissingPage(const std::string& why) {
  const std::string text = absl::StrReplaceAll(why, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Carillon</title></head>\n"
      "<body><h1>The console is not installed</h1>\n<p>",
      text,
      "</p>\n<p>Its pages are in a file of their own, <code>console.pak</code>. "
      "<code>cmake --build build/release --target console</code> builds it beside "
      "<code>carillond</code>; it needs Node.js and npm. <code>console.file</code> in the "
      "configuration names one that lies elsewhere. Restart carillond then. The API, the metrics "
      "and the command line work without it.</p></body></html>\n");
}

void SetHeaders(const std::string& policy, web::Headers& headers) {
  headers.Set("Content-Security-Policy", policy);
  headers.Set("Referrer-Policy", "no-referrer");
  headers.Set("Cross-Origin-Opener-Policy", "same-origin");
  headers.Set("Cross-Origin-Resource-Policy", "same-origin");
  headers.Set("Permissions-Policy",
              "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()");
}

/// Whether the path has to name a file: `/console/assets/a.js`, `/console/icon.svg`. Names of
/// resources have dots too, but never stand at the top.
bool LooksLikeFile(std::string_view path) {
  if (path.starts_with(kAssets)) return true;
  path.remove_prefix(kRoot.size());
  return path.find('/') == path.npos && path.find('.') != path.npos;
}

/// Where the page for paths of this depth is kept; no path of a request begins so.
std::string IndexAt(size_t depth) {
  return depth == 0 ? std::string(kIndex) : absl::StrCat("index ", depth);
}

/// The page as it is served so far below the root: it names its files by relative paths
/// (`"./assets/a.js"`), as nobody tells what a proxy has put in front of the root.
web::StaticFile IndexBelow(const web::StaticFile& index, size_t depth) {
  std::string up = "\"";
  for (size_t i = 0; i < depth; ++i) up += "../";
  return {.content_type = index.content_type,
          .bytes = absl::StrReplaceAll(index.bytes, {{"\"./", up}})};
}

}  // namespace

Site::Site(std::vector<PakFile> files, const std::vector<std::string>& embed_origins)
    : policy_(PolicyFor(embed_origins)) {
  for (PakFile& each : files) {
    for (size_t depth = 1; each.path == "index.html" && depth <= kMaxDepth; ++depth) {
      files_.Add(IndexAt(depth), IndexBelow(each.file, depth));
    }
    files_.Add(absl::StrCat(base::ToAbsl(kRoot), each.path), std::move(each.file));
  }
  files_.Add(kSettings, {.content_type = "application/json", .bytes = SettingsFor(embed_origins)});
}

Site Site::WithoutPages(const std::string& why) {
  Site site;
  site.policy_ = PolicyFor({});
  site.missing_ = MissingPage(why);
  return site;
}

web::Response Site::Serve(const web::Request& request) const {
  web::Response response;
  if (!request.path.starts_with(kRoot)) {  // relative, as a proxy may have put something in front
    response = {.status = 308, .content_type = "", .headers = {{"Location", "console/"}}};
  } else if (!missing_.empty()) {
    response = {.status = 503, .content_type = "text/html; charset=utf-8", .body = missing_};
    response.headers.Set("Cache-Control", "no-store");
  } else if (files_.Has(request.path) || LooksLikeFile(request.path)) {
    response = files_.Serve(request);
  } else {
    const auto depth = std::ranges::count(request.path.substr(kRoot.size()), '/');
    response = files_.Serve(request, IndexAt(static_cast<size_t>(depth)));
  }
  SetHeaders(policy_, response.headers);
  return response;
}

void Site::AddTo(web::Routes& routes, Site site) {
  const auto shared = std::make_shared<const Site>(std::move(site));
  const web::Handler handler =
      web::Immediate([shared](const web::Request& request) { return shared->Serve(request); });
  routes.Add({.path = "/console", .handler = handler});
  routes.Add({.path = "/console/*", .handler = handler});
}

}  // namespace carillon::console
