#include "place.h"

namespace carillon::ingest {

std::string Place::Path(std::string_view field) const {
  std::string path = "events[" + std::to_string(index_) + "]";
  for (const std::string_view name : {member_, field}) {
    if (!name.empty()) path.append(1, '.').append(name);
  }
  return path;
}

absl::Status Place::Error(std::string_view field, std::string_view what) const {
  return absl::InvalidArgumentError(Path(field).append(": ").append(what));
}

}  // namespace carillon::ingest
