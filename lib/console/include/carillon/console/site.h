#pragma once

#include <memory>
#include <string>
#include <vector>

#include "carillon/console/pak.h"
#include "carillon/web/message.h"
#include "carillon/web/routes.h"
#include "carillon/web/static_files.h"

namespace carillon::console {

/// The console under `/console/`. Every answer has a Content-Security-Policy that lets the pages
/// run their own files and call their own host, and nothing else. Immutable; thread-safe.
class Site {
 public:
  /// `files` are those of a pak, one of them `index.html`. `embed_origins` (`https://a.example`)
  /// may show the pages in a frame; none: nobody may.
  Site(std::vector<PakFile> files, const std::vector<std::string>& embed_origins);
  /// Where there are no pages: each request is answered with one that says `why`, as text, and what
  /// to do.
  static Site WithoutPages(const std::string& why);

  /// `/console` leads to `/console/`. A path of a file is the file; one below `/console/assets/`
  /// that is none, or that looks like a file at the top, is 404; every other path is `index.html`,
  /// whose script knows what to show there, with its relative paths made those of that depth, so
  /// that it works under whatever a proxy has put in front; 404 below 16 folders.
  web::Response Serve(const web::Request& request) const;
  /// Answers `/console` and what is below by this site, which the routes keep.
  static void AddTo(web::Routes& routes, Site site);

 private:
  Site() = default;

  web::StaticFiles files_;
  std::string policy_;   // the value of Content-Security-Policy
  std::string missing_;  // the page that says why there are no others; empty: there are
};

}  // namespace carillon::console
