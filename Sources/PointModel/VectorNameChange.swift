import FastJSON

/// A change of the vectors that a collection has.
public enum VectorNameChange: Sendable, Equatable {
  /// A vector that no point has yet.
  case add(name: String, VectorDeclaration)
  /// A vector that no point has any more; none of that name is as good.
  case remove(name: String)
}

/// What a new vector of a collection is.
public enum VectorDeclaration: Sendable, Equatable {
  /// One vector, or several, of a fixed number of elements.
  case dense(VectorParams)
  /// Weights by dimension.
  case sparse(SparseVectorParams)
}

extension CollectionConfig {
  /// Adds or removes a vector. One that is there already and is the same stays as it is.
  ///
  /// - Throws: `ConfigChangeError` when the name is that of another kind of vector, or of another
  ///   shape.
  public mutating func apply(_ change: VectorNameChange) throws(ConfigChangeError) {
    switch change {
    case .add(let name, .dense(let params)):
      if sparseVector(named: name) != nil { throw .isSparseVector(name) }
      if let present = vectors[name] {
        if !present.isSameSpace(as: params) { throw .vectorDiffers(name) }
        return
      }
      vectors = .named(vectors.all + [NamedVectorParams(name: name, params: params)])
    case .add(let name, .sparse(let params)):
      if let present = sparseVector(named: name) {
        if !present.isSameSpace(as: params) { throw .sparseVectorDiffers(name) }
        return
      }
      if vectors[name] != nil { throw .isDenseVector(name) }
      sparseVectors.append(NamedSparseVectorParams(name: name, params: params))
    case .remove(let name):
      if vectors[name] != nil { vectors = .named(vectors.all.filter { $0.name != name }) }
      sparseVectors.removeAll { $0.name == name }
    }
  }
}

extension VectorParams {
  /// Whether vectors of one fit the other and are compared alike, whatever the settings.
  fileprivate func isSameSpace(as other: VectorParams) -> Bool {
    size == other.size && distance == other.distance && multivector == other.multivector
      && declaredDatatype == other.declaredDatatype
  }
}

extension SparseVectorParams {
  /// Whether vectors of one are kept and compared as those of the other.
  fileprivate func isSameSpace(as other: SparseVectorParams) -> Bool {
    settings["modifier"] == other.settings["modifier"] && datatype == other.datatype
  }
}
