import PayloadIndex
import SeededRandom
import Testing

@Suite struct GeoCellTests {
  @Test func wordsLeadBackToTheirPlaces() {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<1000 {
      let longitude = Double.random(in: -180...180, using: &generator)
      let latitude = Double.random(in: -90...90, using: &generator)
      let place = GeoCell.place(GeoCell.word(longitude: longitude, latitude: latitude))
      #expect(abs(place.longitude - longitude) < GeoCell.precision)
      #expect(abs(place.latitude - latitude) < GeoCell.precision)
    }
  }

  @Test func aCoverHoldsEveryPlaceAndLittleElse() {
    var generator = SeededGenerator(seed: 10)
    for _ in 0..<200 {
      let width = [0.001, 0.5, 20, 300][Int.random(in: 0..<4, using: &generator)]
      let left = Double.random(in: -180...180, using: &generator)
      let low = Double.random(in: -90...90, using: &generator)
      let longitudes = left...min(180, left + width)
      let latitudes = low...min(90, low + width / 2)
      let cover = GeoCell.cover(longitudes: longitudes, latitudes: latitudes)
      #expect(!cover.isEmpty && cover.count <= 40)
      #expect(zip(cover, cover.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      for _ in 0..<50 {
        let word = GeoCell.word(
          longitude: Double.random(in: longitudes, using: &generator),
          latitude: Double.random(in: latitudes, using: &generator))
        #expect(cover.contains { $0.contains(word) })
      }
      // Far away places are not in it: the cover is at most a few times larger than asked for.
      let far = GeoCell.word(
        longitude: left > 0 ? left - 179 : left + 179, latitude: low > 0 ? -89.9 : 89.9)
      if width < 100 { #expect(!cover.contains { $0.contains(far) }) }
    }
  }
}
