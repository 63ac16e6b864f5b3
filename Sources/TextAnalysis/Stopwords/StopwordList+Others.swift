extension StopwordList {
  static let basque = """
    ahala aitzitik al alabadere alabaina alta amaitu amaitzeko anitz antzina arabera argi
    arratsaldero arte artean asko aspaldiko aurrera azkenez azkenik ba bada badarik badere bai
    baina baino baita baldin barren bat batean batek baten batera batez bati batzuei batzuek
    batzuetan batzuk bazen bederen bederik beharrez behiala behin behinik behinola behintzat bera
    beraiek beranduago berau berauek beraz bere berean berebat berehala berori beroriek berriro
    berriz bertzalde bertzenaz bestalde beste bestela besterik bezain bezala bide bien bigarrenez
    bigarrenik bitartean bizkitartean bukaeran da dago dela delarik den dena dezadan dira ditu du
    dute edo egin egun egunean emateko era erdi ere esan esanak esandakoaren eta eurak ez ezen
    ezer ezezik ezik ezpere ezta funtsean gabe gain gaur gero geroago gisa gu gutxi guzti guztia
    haatik haiei haiek haietan hain hainbeste hala halaber halako halatan han handik hango hara
    hargatik hari hark hartan hasi hasiera hasieran hasteaz hasteko hau hauei hauek hauetan hemen
    hemendik hemengo hi hona honebestez honek honela honen honetan honetaz honi hor hori horiei
    horiek horietan horko horratik horregatik horrek horrela horren horrenbestez horretan horri
    hortaz hortik hura ikusi izan jarraituz kariaz kasuaz kontuan laburbilduz laburki laster
    lehen lehen-lehenik lehenengo lehenik litzateke medio mendean mundura nahiz ni noiz nola non
    nondik nongo nor nora on ondoren ondorio ondorioz orain orduan orduko ordura orobat ostean
    ostera pentsatuz ustez ze zein zen zenbait zenbat zer zeren zergatik ziren zituen zu zuek
    zuen zuten zuzen
    """

  static let greek = """
    αλλα αν αντι απο αυτα αυτεσ αυτη αυτο αυτοι αυτοσ αυτουσ αυτων αἱ αἳ αἵ αὐτόσ αὐτὸς αὖ γάρ γα
    γα^ γε για γοῦν γὰρ δ' δέ δή δαί δαίσ δαὶ δαὶς δε δεν δι' διά διὰ δὲ δὴ δ’ εαν ειμαι ειμαστε
    ειναι εισαι ειστε εκεινα εκεινεσ εκεινη εκεινο εκεινοι εκεινοσ εκεινουσ εκεινων ενω επ επι εἰ
    εἰμί εἰμὶ εἰς εἰσ εἴ εἴμι εἴτε η θα ισωσ κ καί καίτοι καθ και κατ κατά κατα κατὰ καὶ κι κἀν
    κἂν μέν μή μήτε μα με μεθ μετ μετά μετα μετὰ μη μην μἐν μὲν μὴ μὴν να ο οι ομωσ οπωσ οσο οτι
    οἱ οἳ οἷς οὐ οὐδ οὐδέ οὐδείσ οὐδεὶς οὐδὲ οὐδὲν οὐκ οὐχ οὐχὶ οὓς οὔτε οὕτω οὕτως οὕτωσ οὖν οὗ
    οὗτος οὗτοσ παρ παρά παρα παρὰ περί περὶ ποια ποιεσ ποιο ποιοι ποιοσ ποιουσ ποιων ποτε που
    ποῦ προ προσ πρόσ πρὸ πρὸς πως πωσ σε στη στην στο στον σόσ σύ σύν σὸς σὺ σὺν τά τήν τί τίς
    τίσ τα ταῖς τε την τησ τι τινα τις τισ το τοί τοι τοιοῦτος τοιοῦτοσ τον τοτε του τούσ τοὺς
    τοῖς τοῦ των τό τόν τότε τὰ τὰς τὴν τὸ τὸν τῆς τῆσ τῇ τῶν τῷ ωσ ἀλλ' ἀλλά ἀλλὰ ἀλλ’ ἀπ ἀπό
    ἀπὸ ἀφ ἂν ἃ ἄλλος ἄλλοσ ἄν ἄρα ἅμα ἐάν ἐγώ ἐγὼ ἐκ ἐμόσ ἐμὸς ἐν ἐξ ἐπί ἐπεὶ ἐπὶ ἐστι ἐφ ἐὰν
    ἑαυτοῦ ἔτι ἡ ἢ ἣ ἤ ἥ ἧς ἵνα ὁ ὃ ὃν ὃς ὅ ὅδε ὅθεν ὅπερ ὅς ὅσ ὅστις ὅστισ ὅτε ὅτι ὑμόσ ὑπ ὑπέρ
    ὑπό ὑπὲρ ὑπὸ ὡς ὡσ ὥς ὥστε ὦ ᾧ
    """

  static let tajik = """
    а агар агар-чанд аз азбаски ало аммо ана ар асло аст аё аҳа аҷабо ба бай-бай балки бар барои
    баъд бе бинобар бо бояд ва вале ваҳ вой-вой гар-чи гӯё дар дида замон замоно зеро и ин
    инҷониб кадом канӣ ки кошкӣ лекин мабодо мана на назди наход нахот не нм о оббо ой он ором
    охир оё оҳе паси пеш пеши рӯ рӯйи тавба танҳо то ту-ту уҳа фақат хайр хом?ш хуш чанд чун-ки
    чунки чӣ шояд э эътиборан эҳ эҳа ё ғайри қабл ҳа ҳам ҳамон ҳамоно ҳангоми ҳар ҳаргиз ҳарчанд
    ҳе ҳм ҳмм ҳой ҳтимол ҳу ҷо ҷуз ӯ ӯббо ӯҳӯ
    """
}
