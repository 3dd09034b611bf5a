import Foundation
import InferenceServer
import InferenceService
import JWTKit
import Testing

/// Tokens are good when they are signed by the issuer, for this audience, and now.
@Suite struct TokenVerifierTests {
    private struct Claims: JWTPayload {
        var iss = "https://issuer.example"
        var aud = ["tessera"]
        var exp: Double?
        var nbf: Double?
        var sub: String? = "web"
        var scope: String?
        var scp: [String]?

        func verify(using _: some JWTAlgorithm) {}
    }

    private static let now = 1_800_000_000.0
    private let key = ES256PrivateKey()
    private let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-jwks-\(UUID().uuidString)").path

    private func jwks(_ keys: [(kid: String, key: ES256PrivateKey)]) throws -> String {
        let list = try keys.map { own in
            let parameters = try #require(own.key.publicKey.parameters)
            func url(_ text: String) -> String { text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") }
            return
                "{\"kty\":\"EC\",\"use\":\"sig\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"kid\":\"\(own.kid)\",\"x\":\"\(url(parameters.x))\","
                + "\"y\":\"\(url(parameters.y))\"}"
        }
        return "{\"keys\":[\(list.joined(separator: ","))]}"
    }

    private func verifier(_ text: String) async throws -> TokenVerifier {
        try Data(text.utf8).write(to: URL(filePath: folder))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await TokenVerifier(jwksFile: folder, issuer: "https://issuer.example", audience: "tessera")
    }

    private func token(_ claims: Claims, key: ES256PrivateKey? = nil, kid: String = "k1") async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key ?? self.key, kid: JWKIdentifier(string: kid))
        return try await keys.sign(claims, kid: JWKIdentifier(string: kid))
    }

    private func good(_ change: (inout Claims) -> Void = { _ in }) -> Claims {
        var claims = Claims()
        (claims.exp, claims.scope) = (Self.now + 600, "tessera:embed intents openid nonsense")
        change(&claims)
        return claims
    }

    @Test func aGoodTokenHasItsScopes() async throws {
        let verifier = try await verifier(jwks([("k0", ES256PrivateKey()), ("k1", key)]))
        let web = try #require(await verifier.principal(presenting: token(good()), now: Self.now))
        #expect(web.scopes == ScopeSet([.embed, .intents]) && web.name == "token:web")
        let listed = try await token(good { ($0.scope, $0.scp, $0.sub) = (nil, ["tessera:rank", "admin "], "somebody@example.org") })
        let other = try #require(await verifier.principal(presenting: listed, now: Self.now))
        #expect(other.scopes == ScopeSet([.rank]) && other.name.hasPrefix("token:sha256:") && !other.name.contains("somebody"))
        let none = try await token(good { ($0.scope, $0.aud, $0.nbf) = (nil, ["a", "tessera"], Self.now + 29) })
        #expect(await verifier.principal(presenting: none, now: Self.now)?.scopes.isEmpty == true)
        #expect(await verifier.principal(presenting: try token(good { $0.exp = Self.now - 29 }), now: Self.now) != nil)
    }

    @Test func otherTokensAreNobodys() async throws {
        let verifier = try await verifier(jwks([("k1", key)]))
        let whole = try await token(good())
        var bad = [
            try await token(good { $0.iss = "https://other.example" }), try await token(good { $0.aud = ["others"] }),
            try await token(good { $0.aud = [] }), try await token(good { $0.sub = nil }), try await token(good { $0.sub = "" }),
            try await token(good { $0.exp = Self.now - 31 }), try await token(good { $0.exp = nil }),
            try await token(good { $0.nbf = Self.now + 31 }),
            try await token(good(), key: ES256PrivateKey()), try await token(good(), key: ES256PrivateKey(), kid: "k2"), "", "a.b.c", "..",
            String(whole.dropLast()),
            whole + "x", whole.replacing(".", with: ""), String(repeating: "a", count: 10_000) + "." + whole,
            try await token(good { $0.sub = String(repeating: "s", count: 9000) }),
        ]
        let parts = whole.split(separator: ".")
        func url(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        for header in [#"{"alg":"none"}"#, #"{"alg":"none","kid":"k1"}"#, #"{"alg":"None","kid":"k1","typ":"JWT"}"#] {
            bad += ["\(url(header)).\(parts[1]).", "\(url(header)).\(parts[1]).\(parts[2])"]
        }
        // What nobody signed does no harm, whatever it says.
        for payload in [
            #"{"aud":[]}"#, #"{"iss":"https://issuer.example","aud":[],"exp":1e300}"#, #"{"aud":[[]],"exp":{}}"#,
            #"{"exp":-1e308,"nbf":1e308}"#,
            #"{"aud":null}"#, "[]", "{", String(repeating: "[", count: 4000),
        ] { bad.append("\(parts[0]).\(url(payload)).\(parts[2])") }
        // The public key as a shared secret.
        let parameters = try #require(key.publicKey.parameters)
        for secret in [parameters.x, parameters.x + parameters.y, key.publicKey.pemRepresentation] {
            let keys = JWTKeyCollection()
            await keys.add(hmac: HMACKey(stringLiteral: secret), digestAlgorithm: .sha256, kid: "k1")
            bad.append(try await keys.sign(good(), kid: "k1"))
        }
        for token in bad { #expect(await verifier.principal(presenting: token, now: Self.now) == nil, "\(token.prefix(200))") }
        #expect(await verifier.principal(presenting: whole, now: Self.now) != nil)
    }

    @Test(arguments: [
        "", "{}", "{\"keys\":[]}", "[]", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"HS256\",\"kid\":\"s\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"kid\":\"k\",\"x\":\"AA\",\"y\":\"AA\"}]}",
        "{\"keys\":[{\"kid\":\"k\"}]}",
    ])
    func filesThatHoldNoKeys(text: String) async throws {
        await #expect(throws: APIKeyFileError.self) { try await verifier(text) }
    }

    @Test func aTokenOpensTheService() async throws {
        let verifier = try await verifier(jwks([("k1", key)]))
        let time = Date().timeIntervalSince1970
        let token = try await token(good { ($0.exp, $0.scope) = (time + 600, "tessera:metrics") })
        try await RunningServer.running(tokens: { await verifier.principal(presenting: $0, now: $1) }) { server in
            func ask(_ path: String, _ authorization: String?) async -> [Int] {
                let field = authorization.map { "Authorization: \($0)\r\n" } ?? ""
                return RunningServer.statuses(
                    await server.talk(["GET \(path) HTTP/1.1\r\nHost: x\r\n\(field)Connection: close\r\n\r\n"]).text)
            }
            #expect(await ask("/metrics", "Bearer \(token)") == [200])
            #expect(await ask("/v1/schema", "Bearer \(token)") == [403])
            #expect(await ask("/metrics", "Bearer \(token)x") == [401])
            #expect(await ask("/metrics", nil) == [401])
        }
    }
}
