#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "carillon/web/message.h"

namespace carillon::web {

/// One file, with the forms in which it can be sent. Nothing is compressed while serving.
struct StaticFile {
  std::string content_type;
  std::string bytes;
  std::string gzip;    ///< empty: there is no such form
  std::string brotli;  ///< as above
  /// The name changes with the content: it may be kept for a year without asking again. Otherwise a
  /// cache asks each time and gets 304 where its copy is the present one.
  bool hashed_name = false;
};

/// Files in memory, by exact path: nothing outside can be reached. Answers GET and HEAD with strong
/// ETags (one for each form), 304 for `If-None-Match`, and the form that `Accept-Encoding` likes
/// best. Immutable once it serves; thread-safe then.
class StaticFiles {
 public:
  /// `path` begins with a slash, or is a name that no request can ask for. A second file of the
  /// same path takes the place of the first.
  void Add(const std::string& path, StaticFile file);
  /// Returns 404 for a path that there is not.
  Response Serve(const Request& request) const { return Serve(request, request.path); }
  /// Serves the file of another path than the request's: the page of an application for its deep
  /// links.
  Response Serve(const Request& request, std::string_view path) const;
  bool Has(std::string_view path) const { return files_.contains(path); }

 private:
  struct Form {
    std::shared_ptr<const std::string> bytes;  // null: there is no such form
    std::string etag;
  };
  struct Entry {
    std::string content_type;
    Form plain, gzip, brotli;
    bool hashed_name = false;
  };
  static Form MakeForm(std::string bytes, std::string_view suffix);

  std::map<std::string, Entry, std::less<>> files_;
};

}  // namespace carillon::web
