package import DurableFiles
internal import FoundationEssentials
package import InferenceService
internal import JWTKit

/// Checks bearer tokens (JWT, RFC 7519) by the public keys of an issuer (JWKS, RFC 7517).
///
/// A token must be signed by one of the keys, be of the issuer and for the audience, name its subject, have an end and not be past it.
/// Its `scope` (RFC 8693, section 4.2) or `scp` names scopes of this service; others are passed over. Shared secrets and unsigned tokens
/// are never taken.
package struct TokenVerifier: Sendable {
    private let keys: JWTKeyCollection
    private let issuer: String
    private let audience: String

    /// Longest token that is looked at, bytes.
    package static let longestToken = 8192
    /// Seconds by which clocks may differ.
    static let leeway = 30.0

    /// Plain values: JWTKit's own claims trap on some that an issuer may sign, such as an empty `aud`.
    private struct Claims: JWTPayload {
        var iss: String
        var aud: Audience
        var exp: Double
        var nbf: Double?
        var sub: String?
        var scope: String?
        var scp: [String]?

        // Signatures are checked before; what the claims say is checked by the verifier, which knows what is wanted.
        func verify(using _: some JWTAlgorithm) {}
    }

    /// One audience or several.
    private struct Audience: Codable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do { names = [try container.decode(String.self)] } catch { names = try container.decode([String].self) }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(names)
        }
    }

    /// Reads the file of keys.
    /// - Throws: ``APIKeyFileError`` where it cannot be read or holds no key that can be used.
    package init(jwksFile path: String, issuer: String, audience: String, in fileSystem: FileSystem = .live) async throws(APIKeyFileError) {
        let bytes: [UInt8]
        do throws(FileError) { bytes = try fileSystem.contents(of: path, limit: 1 << 20) } catch { throw APIKeyFileError(error) }
        let keys = JWTKeyCollection()
        do {
            let set = try JSONDecoder().decode(JWKS.self, from: Data(bytes))
            guard !set.keys.isEmpty else {
                throw APIKeyFileError(path, nil, "it holds no key", remedy: "put the issuer's public keys there")
            }
            try await keys.add(jwks: set)
        } catch let error as APIKeyFileError {
            throw error
        } catch {
            throw APIKeyFileError(
                path, nil, "it is no set of public keys (RSA, EC or OKP, each with kid and alg)", remedy: "save the issuer's JWKS there")
        }
        (self.keys, self.issuer, self.audience) = (keys, issuer, audience)
    }

    /// Who presents a token; nil for one that is not good, for whatever reason.
    package func principal(presenting token: String, now: Double) async -> Principal? {
        guard token.utf8.count <= Self.longestToken, let claims = try? await keys.verify(token, as: Claims.self) else { return nil }
        // Tokens without a subject would all be one caller.
        guard let subject = claims.sub, !subject.isEmpty else { return nil }
        guard claims.iss == issuer, claims.aud.names.contains(audience), claims.exp + Self.leeway > now,
            claims.nbf.map({ $0 - Self.leeway <= now }) ?? true
        else { return nil }
        let named = (claims.scope?.split(separator: " ").map(String.init) ?? []) + (claims.scp ?? [])
        let scopes = ScopeSet(named.compactMap { Scope(rawValue: $0.hasPrefix("tessera:") ? String($0.dropFirst(8)) : $0) })
        return Principal(tokenOf: subject, scopes: scopes)
    }
}
