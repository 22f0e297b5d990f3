#pragma once

#include <vector>

#include "carillon/config/config_file.h"
#include "carillon/v1/server_service.pb.h"
#include "yaml_tree.h"

namespace carillon::config {

/// Where the settings come from that a file, whose document is `root`, or an override sets; by
/// path. `file` is for who knows it. One a member of the message Config and of those within it at
/// most: a list, a map, a secret or a certificate is one setting, and resources are none. No value
/// of the file is repeated, but for the file or the variable that holds a secret or a certificate.
///
/// `root` was read without errors; what it does not have to be is passed over.
v1::SettingSources FindSettingSources(const YamlNode& root, const std::vector<Override>& overrides);

}  // namespace carillon::config
