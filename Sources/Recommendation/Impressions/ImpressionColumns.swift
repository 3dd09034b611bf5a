/// Where the columns of a file of impressions stand.
struct ImpressionColumns: Sendable {
    let path: String
    let format: ImpressionFormat
    let isWide: Bool
    let impression: Int
    let time: Int
    let customer: Int
    /// Of the tile, or of the list of tiles.
    let tile: Int
    let position: Int?
    /// Whether the row's tile was clicked, or which of the tiles was.
    let clicked: Int?
    let probability: Int?
    let features: [Int]
    let featureNames: [String]

    init(_ table: DelimitedTable, _ format: ImpressionFormat) throws(TableError) {
        (path, self.format) = (table.path, format)
        isWide = table.column(format.tiles) != nil
        impression = try table.require(format.impression)
        time = try table.require(format.time)
        customer = try table.require(format.customer)
        tile = try table.require(isWide ? format.tiles : format.tile)
        let name = isWide ? format.clickedTile : format.clicked
        clicked = format.needsClicks ? try table.require(name) : table.column(name)
        position = isWide ? nil : table.column(format.position)
        probability = table.column(isWide ? format.probabilities : format.probability)
        var names: [String] = []
        var columns: [Int] = []
        for name in format.features {
            columns.append(try table.require(name))
            names.append(name)
        }
        if let prefix = format.featurePrefix {
            for (place, name) in table.names.enumerated() where name.hasPrefix(prefix) && !names.contains(name) {
                columns.append(place)
                names.append(name)
            }
        }
        (features, featureNames) = (columns, names)
    }
}
