extension StopwordList {
  static let azerbaijani = """
    a ad altmış altı amma arasında artıq ay az bax belə beş bilər bir biraz biri birşey biz
    bizim bizlər bu buna bundan bunların bunu bunun buradan bütün bəli bəlkə bəy bəzi ci cu cü
    cı da daha dedi deyil dir doqquz doqsan dörd düz də dək edir edən elə et etdi etmə etmək
    faiz gilə görə ha haqqında harada heç hə həm həmin həmişə hər idi iki il ildə ilə indi
    istifadə isə iyirmi ki kim kimi kimə lakin lap mirşey məhz mən mənə niyə nə nəhayət o
    obirisi of olan olar olaraq oldu olduğu olmadı olmaz olmuşdur olsun olur on ona ondan onlar
    onlardan onsuzda onu onun oradan otuz qarşı qırx qədər saat sadəcə saniyə siz sizin sizlər
    sonra səhv səkkiz səksən sən sənin sənə təəssüf var və xan xanım xeyr ya yalnız yaxşı yeddi
    yenə yetmiş yox yoxdur yoxsa yüz yəni zaman çox çünki öz özü ü üç üçün ı ə əgər əlbəttə əlli
    ən əslində
    """

  static let kazakh = """
    ай айтпақшы алайда ана анау ах бар барлық біз бізбен бізге бізден біздер біздерге біздерден
    біздермен біздің бірақ бұл бұндай бұрын бәрі дейін емес ешқандай жоқ кейбір кейін маған мен
    менен менімен менің мына мынау мұндай одан ой ол олар олардан олардың олармен оларға онымен
    оның осы осылай осындай ох оған па саған себебі сен сенен сенімен сенің сол солай сонау
    сондай сондықтан сонымен соң сіз сізбен сізге сізден сіздер сіздерге сіздерден сіздермен
    сіздің тағы тағыда тек туралы эй эх ғана қана үшін әрбір әрине өз өзі өзім өзің өйткені
    """

  static let turkish = """
    acaba ama aslında az bazı belki biri birkaç birşey biz bu da daha de defa diye en eğer gibi
    hem hep hepsi her hiç ile ise için kez ki kim mu mü mı nasıl ne neden nerde nerede nereye
    niye niçin o sanki siz tüm ve veya ya yani çok çünkü şey şu
    """
}
