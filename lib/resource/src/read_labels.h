#pragma once

#include <google/protobuf/map.h>

#include <string>

#include "carillon/model/resource_labels.h"
#include "carillon/resource/path.h"

namespace carillon::resource {

using GivenLabels = google::protobuf::Map<std::string, std::string>;

/// Reads labels, by which resources are selected: at most 32, keys and values as those of
/// Kubernetes. `path` is their own, here and below.
model::Labels ReadLabels(const GivenLabels& given, const Path& path, Errors& errors);

/// Reads annotations, for programs: at most 32, keys as those of labels, 16 KiB of UTF-8 in all.
model::Labels ReadAnnotations(const GivenLabels& given, const Path& path, Errors& errors);

}  // namespace carillon::resource
