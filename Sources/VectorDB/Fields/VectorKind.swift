import PointModel
import VectorIndex

/// What a vector of a collection is, by its configuration: how it is kept, and the field that is
/// made for it. The one place that knows which kinds there are.
enum VectorKind: Sendable {
  /// One vector a point, of a fixed number of elements.
  case dense(VectorParams)
  /// Several vectors a point, of one number of elements.
  case multi(VectorParams)
  /// Weights by dimension.
  case sparse(SparseVectorParams)

  /// How vectors of this kind are kept. It must not depend on settings that may be changed later,
  /// as the datatype of a sparse index may: rows of before would fit no more.
  var format: any VectorFormat {
    switch self {
    case .dense(let params): DenseFormat(params.codec)
    case .multi(let params): MultiFormat(params.codec)
    case .sparse: SparseFormat()
    }
  }

  /// An empty field for vectors of this kind.
  func field(named name: String, number: UInt16) -> any VectorField {
    switch self {
    case .dense(let params): DenseField(name: name, params, number: number)
    case .multi(let params): MultiField(name: name, params, number: number)
    case .sparse(let params): SparseField(name: name, params, number: number)
    }
  }

  /// What two collections must have in common for one to take the other's place; nothing for sparse
  /// vectors.
  var shape: String? {
    switch self {
    case .dense(let params): params.shape
    case .multi(let params): params.shape + " multivector"
    case .sparse: nil
    }
  }
}

/// A vector of a collection under its name.
struct NamedVectorKind: Sendable {
  let name: String
  let kind: VectorKind
}

extension CollectionConfig {
  /// Every vector of the collection, in the order in which their numbers are given out.
  var vectorKinds: [NamedVectorKind] {
    vectors.all.map {
      NamedVectorKind(
        name: $0.name, kind: $0.params.multivector == nil ? .dense($0.params) : .multi($0.params))
    } + sparseVectors.map { NamedVectorKind(name: $0.name, kind: .sparse($0.params)) }
  }

  /// The shape of each vector that has one.
  var vectorShapes: [String] {
    vectorKinds.compactMap { vector in vector.kind.shape.map { "\(vector.name): \($0)" } }
  }
}

extension VectorParams {
  /// How one vector is kept.
  fileprivate var codec: RowCodec { RowCodec(dimension: size, element: ElementType(datatype)) }

  fileprivate var shape: String {
    datatype == .float32 ? "\(size) \(distance)" : "\(size) \(distance) \(datatype)"
  }
}

extension ElementType {
  init(_ datatype: VectorDatatype) {
    switch datatype {
    case .float32: self = .float32
    case .float16: self = .float16
    case .uint8: self = .uint8
    case .turbo4: self = .turbo4
    }
  }
}
