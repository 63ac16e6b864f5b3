import FastJSON

extension CollectionConfig {
  /// What a client should know of settings that have no effect.
  public var warnings: [String] {
    vectors.all.compactMap { (vector) -> String? in
      var hnsw = self.hnsw
      if case .object(let own)? = vector.params.settings["hnsw_config"] { hnsw.merge(own) }
      guard hnsw["inline_storage"] == .bool(true) else { return nil }
      let option = "The `hnsw_config.inline_storage` option for vector '\(vector.name)'"
      if vector.params.multivector != nil {
        return "\(option) is not compatible with multivectors. This option will be ignored."
      }
      if quantization != nil || vector.params.settings["quantization_config"] != nil { return nil }
      return "\(option) requires quantization to be enabled. This option will be ignored."
    }
  }
}
