/// What seed 3 draws of ``ReviewSamples``.
enum GoldenDesign {
    static let id = "afc1d0cc214bd159"
    static let sessions = ["s196", "s124", "s152", "s173", "s176", "s132"]
}
