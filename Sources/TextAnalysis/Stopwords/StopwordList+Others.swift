extension StopwordList {
  static let basque = """
    al anitz arabera asko baina bat batean batek bati batzuei batzuek batzuetan batzuk bera
    beraiek berau berauek bere berori beroriek beste bezala da dago dira ditu du dute edo egin
    ere eta eurak ez gu gutxi guzti haiei haiek haietan hainbeste hala han handik hango hara
    hari hark hartan hau hauei hauek hauetan hemen hemendik hemengo hi hona honek honela honetan
    honi hor hori horiei horiek horietan horko horrek horrela horretan horri hortik hura izan ni
    noiz nola non nondik nongo nor nora ze zein zen zenbait zenbat zer zergatik ziren zituen zu
    zuek zuen zuten
    """

  static let greek = """
    αλλα αν αντι απο αυτα αυτη αυτο αυτοι αυτων για δεν ειμαι ειμαστε ειναι εισαι ειστε εκεινα
    εκεινη εκεινο εκεινοι εκεινων η θα και κατά κατα κι με μετά μετα μη μην να ο οι οσο οτι παρά
    παρα ποια ποιο ποιοι ποιων που πρὸς πως σε στη στην στο στον τα την τι τις το τον του των
    τότε
    """

  static let tajik = """
    агар аз аммо аст ба балки бар барои баъд бе бо ва вале дар зеро ин кадом ки лекин на назди
    не он паси пеш пеши танҳо то фақат хайр чанд чунки чӣ шояд эҳ ё ҳам ҳар ҳарчанд ӯ
    """
}
