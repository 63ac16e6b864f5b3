/// An address as it may be logged and shown.
enum ShownAddress {
  /// `address` with the user and the password in it masked.
  static func mask(_ address: String) -> String {
    let schemes = ["http://", "https://"]
    guard let scheme = schemes.first(where: { address.lowercased().hasPrefix($0) }),
      let at = address.lastIndex(of: "@")
    else { return address }
    return scheme + "********" + address[at...]
  }
}
