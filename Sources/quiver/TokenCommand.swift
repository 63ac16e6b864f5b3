import AccessTokens
import ArgumentParser
import FastJSON
import PointModel
import QdrantREST
import ServiceProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Makes tokens with the server's key, and shows what tokens say.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make a token that permits less than the key, or show what a token says.",
    discussion: """
      Tokens are signed with service.api_key, which is taken from the settings as the server takes \
      it; the server accepts them with service.jwt_rbac. A token can't be taken back by itself: \
      let it expire, or bind it to a point with --value-exists and delete that point.
      """,
    subcommands: [Create.self, Show.self], defaultSubcommand: Create.self)

  /// Makes a token.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Print a new token (the default).")

    @OptionGroup var settings: SettingsOptions

    @Option(
      name: .long,
      help: ArgumentHelp(
        "What it permits: `r` (read everything), `m` (everything), or NAME:RIGHT for a collection, "
          + "several times for several, where RIGHT is `r`, `rw` or `prw`."))
    var access: [String] = []

    @Option(name: .long, help: "How long it holds, as in 90s, 15m, 12h or 30d; for ever without.")
    var expires: String?

    @Option(name: .long, help: "Who acts with it, for the audit log.")
    var subject: String?

    @Option(name: .long, help: "It holds while a point of this collection has all of --match.")
    var valueExists: String?

    @Option(name: .long, help: "KEY=VALUE that the point has; VALUE is text, or JSON for others.")
    var match: [String] = []

    func run() throws {
      var claims = TokenClaims(access: try grant(), subject: subject)
      if let expires { claims.expiry = try TokenCommand.now + seconds(expires) }
      claims.valueExists = try existence()
      let settings = try settings.load().settings
      guard let secret = settings.apiKey ?? settings.altAPIKey else {
        StandardError.say("quiver: there is no service.api_key to sign a token with")
        throw ServerExit.configuration
      }
      if !settings.acceptsTokens {
        StandardError.say("quiver: the server takes tokens only with service.jwt_rbac set")
      }
      print(TokenKey(secret: secret).token(of: claims))
    }

    private func grant() throws -> TokenClaims.Grant {
      if access == ["r"] { return .read }
      if access == ["m"] { return .manage }
      guard !access.isEmpty else {
        throw ValidationError("say with --access what the token permits")
      }
      var grants: [TokenClaims.CollectionGrant] = []
      for text in access {
        // A name may hold colons; a right holds none.
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
          let right = TokenClaims.CollectionRight(
            rawValue: String(text[text.index(after: colon)...]))
        else {
          throw ValidationError("--access takes `r`, `m` or NAME:RIGHT, not `\(text)`")
        }
        let name = String(text[..<colon])
        if grants.contains(where: { $0.collection == name }) {
          throw ValidationError("--access names `\(name)` twice")
        }
        grants.append(.init(collection: name, right: right))
      }
      return .collections(grants)
    }

    private func existence() throws -> TokenClaims.ValueExists? {
      guard let valueExists else {
        if match.isEmpty { return nil }
        throw ValidationError("--match needs --value-exists")
      }
      let matches = try match.map { text throws in
        guard let equals = text.firstIndex(of: "="), let key = PayloadPath(String(text[..<equals]))
        else { throw ValidationError("--match takes KEY=VALUE, not `\(text)`") }
        return TokenClaims.ValueExists.Match(
          key: key, value: value(String(text[text.index(after: equals)...])))
      }
      if matches.isEmpty { throw ValidationError("--value-exists needs at least one --match") }
      return TokenClaims.ValueExists(collection: valueExists, matches: matches)
    }

    private func value(_ text: String) -> MatchValue {
      switch try? JSONValue(parsing: Array(text.utf8)) {
      case .bool(let truth)?: .bool(truth)
      case .integer(let number)?: .integer(number)
      case .string(let quoted)?: .string(quoted)
      default: .string(text)
      }
    }

    private func seconds(_ text: String) throws -> UInt64 {
      let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
      guard let unit = text.last.flatMap({ units[$0] }), let count = UInt64(text.dropLast()),
        (1...100_000_000).contains(count)
      else { throw ValidationError("--expires takes 90s, 15m, 12h or 30d, not `\(text)`") }
      return count * unit
    }
  }

  /// Shows what a token says.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Read a token from standard input, print its claims, and say whether it holds.")

    @OptionGroup var settings: SettingsOptions

    func run() throws {
      let token = (readLine() ?? "").filter { !$0.isWhitespace }
      let settings = try settings.load().settings
      let secrets = [settings.apiKey, settings.altAPIKey].compactMap { $0 }
      var fault = TokenFault.wrongSignature
      for secret in secrets {
        do throws(TokenFault) {
          // What it says is shown also when its time is over.
          let claims = try TokenKey(secret: secret).claims(of: token, now: 0)
          var writer = JSONWriter()
          claims.write(to: &writer)
          print(String(decoding: writer.bytes, as: UTF8.self))
          _ = try TokenKey(secret: secret).claims(of: token, now: TokenCommand.now)
          return
        } catch {
          if error != .wrongSignature { fault = error }
        }
      }
      StandardError.say("quiver: \(Self.explain(fault))")
      throw ServerExit.failure
    }

    private static func explain(_ fault: TokenFault) -> String {
      switch fault {
      case .malformed: "this is no token"
      case .wrongSignature: "the token was not signed with service.api_key"
      case .expired: "the token has expired"
      case .invalid(let reason): "the token is not accepted: \(reason)"
      }
    }
  }

  /// The time in seconds since 1970.
  private static var now: UInt64 { UInt64(max(0, time(nil))) }
}
