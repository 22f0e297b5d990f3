#pragma once

#include "carillon/config/resource_lines.h"
#include "carillon/v1/config.pb.h"
#include "yaml_tree.h"

namespace carillon::config {

/// The lines of the resources that `given`, which was read from `root`, has: names are written out.
/// Those within another, such as keys, too.
ResourceLines FindResourceLines(const YamlNode& root, const v1::Config& given);

}  // namespace carillon::config
