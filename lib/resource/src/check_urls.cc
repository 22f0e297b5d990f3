#include "check_urls.h"

#include "guard.h"

namespace carillon::resource {

void CheckUrls(const model::Destination& destination, const guard::Rules& rules, const Path& path,
               Errors& errors) {
  CheckUrl(destination.url, rules, path.Member("url"), errors);
  const auto oauth2 = model::OAuth2Of(destination.authorization);
  if (oauth2 == nullptr) return;
  const Path authorization = path.Member("authorization");
  const Path place = authorization.Member("oauth2");
  CheckUrl(oauth2->token_url, rules, place.Member("token_url"), errors);
}

}  // namespace carillon::resource
