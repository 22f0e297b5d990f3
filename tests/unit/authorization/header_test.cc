#include "carillon/authorization/header.h"

#include <gtest/gtest.h>

#include "token_request.h"

namespace carillon::authorization {
namespace {

TEST(Header, Basic) {
  // RFC 7617, section 2 and 2.1.
  EXPECT_EQ(HeaderValue(model::BasicAuthorization{"Aladdin", base::Secret("open sesame")}),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(HeaderValue(model::BasicAuthorization{"test", base::Secret("123\xC2\xA3")}),
            "Basic dGVzdDoxMjPCow==");
}

TEST(Header, BearerAndNone) {
  EXPECT_EQ(HeaderValue(model::BearerAuthorization{base::Secret("abc.def")}), "Bearer abc.def");
  EXPECT_EQ(HeaderValue({}), "");
  EXPECT_EQ(HeaderValue(model::OAuth2Authorization{}), "");
}

TEST(Header, ABearerTokenGoesBeforeTheEmptyLine) {
  std::string head = "POST / HTTP/1.1\r\nHost: h\r\n\r\n";
  AddBearer("t", head);
  EXPECT_EQ(head, "POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n");
}

model::OAuth2Authorization OAuth2() {
  return {.token_url = "http://tokens.example:8080/oauth/token?x=1",
          .client_id = "the client",
          .client_secret = base::Secret("p%:\xC3\xA4&=")};
}

http::Request RequestFor(const model::OAuth2Authorization& oauth2) {
  return MakeTokenRequest(oauth2, net::ParseUrl(oauth2.token_url).value(), "Carillon/1");
}

TEST(TokenRequest, ByBasic) {
  const http::Request request = RequestFor(OAuth2());
  EXPECT_EQ(*request.body, "grant_type=client_credentials");
  // the+client:p%25%3A%C3%A4%26%3D
  EXPECT_EQ(request.head,
            "POST /oauth/token?x=1 HTTP/1.1\r\nHost: tokens.example:8080\r\n"
            "User-Agent: Carillon/1\r\nAccept: application/json\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Authorization: Basic dGhlK2NsaWVudDpwJTI1JTNBJUMzJUE0JTI2JTNE\r\n"
            "Content-Length: 29\r\n\r\n");
  EXPECT_EQ(request.keep_body_bytes, 16u * 1024);
}

TEST(TokenRequest, InTheBodyWithScopeAndAudience) {
  model::OAuth2Authorization oauth2 = OAuth2();
  oauth2.client_authentication = model::ClientAuthentication::kBody;
  oauth2.scope = "hooks:write a-b";
  oauth2.audience = "https://api.example/";
  const http::Request request = RequestFor(oauth2);
  EXPECT_EQ(*request.body,
            "grant_type=client_credentials&scope=hooks%3Awrite+a-b"
            "&audience=https%3A%2F%2Fapi.example%2F&client_id=the+client"
            "&client_secret=p%25%3A%C3%A4%26%3D");
  EXPECT_EQ(request.head.find("Authorization"), std::string::npos);
  EXPECT_NE(request.head.find("Content-Length: " + std::to_string(request.body->size())),
            std::string::npos);
}

}  // namespace
}  // namespace carillon::authorization
