//! Photos that packages ship, by name: of other makers, sizes and subjects than those beside the
//! checkout. They are fetched into the target folder and kept nowhere else. Their licences: those of
//! `mate-backgrounds`, `lomiri-wallpapers` and Plasma are CC-BY-SA or GPL, of `opencv-doc` and
//! `gradio` Apache-2.0, of the themes and of `imgaug` MIT, of `scikit-learn` CC-BY, of `scikit-image`
//! CC0 or free of rights.

use std::path::PathBuf;

use crate::media::Package::{self, Debian, Npm, PyPi};

/// A package, a folder in it, and files there.
type Source = (Package, &'static str, &'static str);

/// What thresholds are set on, beside the tuning half of the other photos.
const TUNING: &[Source] = &[
    (
        PyPi("scikit-image"),
        "skimage/data",
        "astronaut.png brick.png camera.png cell.png chelsea.png coffee.png coins.png gravel.png ihc.png \
         moon.png motorcycle_left.png retina.jpg rocket.jpg",
    ),
    (
        Debian("mate-backgrounds"),
        "usr/share/backgrounds/mate/nature",
        "Aqua.jpg Blinds.jpg Dune.jpg FreshFlower.jpg Garden.jpg GreenMeadow.jpg LadyBird.jpg RainDrops.jpg \
         Storm.jpg TwoWings.jpg Wood.jpg YellowFlower.jpg",
    ),
    (
        Debian("opencv-doc"),
        "usr/share/doc/opencv-doc/examples",
        "alphamat/input_images/plant.jpg data/aero1.jpg data/aloeL.jpg data/apple.jpg data/baboon.jpg \
         data/basketball1.png data/board.jpg data/box_in_scene.png data/building.jpg data/butterfly.jpg \
         data/chicky_512.png data/ela_original.jpg data/fruits.jpg data/graf1.png data/home.jpg data/left.jpg \
         data/leuvenA.jpg data/messi5.jpg data/orange.jpg data/rubberwhale1.png data/squirrel_cls.jpg \
         data/starry_night.jpg data/stuff.jpg data/sudoku.png hfs/data/000.jpg hfs/data/002.jpg reg/home.png \
         text/scenetext01.jpg text/scenetext02.jpg text/scenetext03.jpg text/scenetext04.jpg \
         text/scenetext05.jpg text/scenetext06.jpg text/scenetext_segmented_word01.jpg \
         text/scenetext_segmented_word02.jpg text/scenetext_segmented_word03.jpg \
         text/scenetext_segmented_word04.jpg",
    ),
    (
        Npm("startbootstrap-agency"),
        "package/dist/assets/img",
        "header-bg.jpg portfolio/1.jpg portfolio/2.jpg portfolio/3.jpg portfolio/4.jpg portfolio/5.jpg \
         portfolio/6.jpg team/1.jpg team/2.jpg team/3.jpg",
    ),
    (
        Npm("startbootstrap-business-casual"),
        "package/dist/assets/img",
        "about.jpg bg.jpg intro.jpg products-01.jpg products-02.jpg products-03.jpg",
    ),
    (
        Npm("startbootstrap-clean-blog"),
        "package/dist/assets/img",
        "about-bg.jpg contact-bg.jpg home-bg.jpg post-bg.jpg post-sample-image.jpg",
    ),
];

/// Packages that nothing was chosen on.
const TEST: &[Source] = &[
    (
        Debian("lomiri-wallpapers-16.04"),
        "usr/share/backgrounds",
        "Bridge_by_Sander_Klootwijk.jpg Dragonfly_by_Bolly.jpg Picture_0B_by_freespace.jpg \
         Picture_1A_by_freespace.jpg Wine_by_Jakkub_Mede.jpg aitzgorri_by_Aitzol_Berasategi.jpg \
         free_by_Peter_Nerlich.jpg friends_by_Aitzol_Berasategi.jpg greentock_by_Peter_Nerlich.jpg \
         life_by_Aitzol_Berasategi.jpg picosdeeuropa_by_Aitzol_Berasategi.jpg \
         seeding_by_Clements_Engelhardt.jpg sunset_by_Aitzol_Berasategi.jpg",
    ),
    (
        Debian("lomiri-wallpapers-20.04"),
        "usr/share/backgrounds",
        "Infinite-Sea_by_Aury88.jpg Kleiber_by_Lukas_Baubkus.jpg",
    ),
    (
        Npm("material-kit"),
        "package/assets/img",
        "bg.jpg bg2.jpg bg3.jpg bg7.jpg city-profile.jpg profile_city.jpg examples/clem-onojegaw.jpg \
         examples/clem-onojeghuo.jpg examples/cynthia-del-rio.jpg examples/mariya-georgieva.jpg \
         examples/olu-eletu.jpg examples/studio-1.jpg examples/studio-2.jpg examples/studio-3.jpg \
         examples/studio-4.jpg examples/studio-5.jpg faces/avatar.jpg faces/camp.jpg \
         faces/card-profile1-square.jpg faces/card-profile2-square.jpg faces/card-profile4-square.jpg \
         faces/card-profile5-square.jpg faces/card-profile6-square.jpg faces/christian.jpg \
         faces/kendall.jpg faces/marc.jpg",
    ),
    (
        Npm("now-ui-kit"),
        "package/assets/img",
        "avatar.jpg bg1.jpg bg11.jpg bg3.jpg bg4.jpg bg5.jpg bg6.jpg bg7.jpg bg8.jpg eva.jpg header.jpg \
         julie.jpg login.jpg ryan.jpg",
    ),
    (
        Npm("paper-kit-2"),
        "package/assets/img",
        "antoine-barres.jpg bruno-abatti.jpg daniel-olahh.jpg daniel-olahs.jpg fabio-mangione.jpg \
         federico-beccari.jpg ilya-yakover.jpg joshua-stannard.jpg login-image.jpg soroush-karimi.jpg \
         uriel-soberanes.jpg faces/ayo-ogunseinde-2.jpg faces/clem-onojeghuo-2.jpg \
         faces/clem-onojeghuo-3.jpg faces/erik-lucatero-2.jpg faces/joe-gardner-2.jpg \
         faces/kaci-baum-2.jpg",
    ),
    (
        Debian("plasma-workspace-wallpapers"),
        "usr/share/wallpapers",
        "BytheWater/contents/images/2560x1600.jpg ColdRipple/contents/images/2560x1600.jpg \
         ColorfulCups/contents/images/2560x1600.jpg DarkestHour/contents/images/2560x1600.jpg \
         EveningGlow/contents/images/2560x1600.jpg FallenLeaf/contents/images/2560x1600.jpg \
         Grey/contents/images/2560x1600.jpg Kite/contents/images/2560x1600.jpg \
         OneStandsOut/contents/images/2560x1600.jpg Path/contents/images/2560x1600.jpg \
         Volna/contents/images/5120x2880.jpg summer_1am/contents/images/2560x1600.jpg",
    ),
    (PyPi("scikit-learn"), "sklearn/datasets/images", "china.jpg flower.jpg"),
    (PyPi("gradio"), "gradio/media_assets/images", "cheetah.jpg cheetah1.jpg lion.jpg tower.jpg"),
    (PyPi("imgaug"), "imgaug", "quokka.jpg"),
    (
        Npm("startbootstrap-grayscale"),
        "package/dist/assets/img",
        "bg-masthead.jpg bg-signup.jpg demo-image-01.jpg demo-image-02.jpg",
    ),
    (
        Npm("startbootstrap-landing-page"),
        "package/dist/assets/img",
        "bg-masthead.jpg bg-showcase-1.jpg bg-showcase-2.jpg bg-showcase-3.jpg testimonials-1.jpg \
         testimonials-3.jpg",
    ),
    (
        Npm("startbootstrap-creative"),
        "package/dist/assets/img",
        "bg-masthead.jpg portfolio/fullsize/1.jpg portfolio/fullsize/2.jpg portfolio/fullsize/3.jpg \
         portfolio/fullsize/4.jpg portfolio/fullsize/5.jpg portfolio/fullsize/6.jpg",
    ),
    (
        Npm("startbootstrap-stylish-portfolio"),
        "package/dist/assets/img",
        "bg-masthead.jpg portfolio-1.jpg portfolio-2.jpg portfolio-3.jpg portfolio-4.jpg",
    ),
];

pub(crate) fn tuning() -> Result<Vec<PathBuf>, String> {
    files(TUNING)
}

pub(crate) fn test() -> Result<Vec<PathBuf>, String> {
    files(TEST)
}

fn files(sources: &[Source]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for (package, folder, names) in sources {
        let folder = package.folder()?.join(folder);
        files.extend(names.split_whitespace().map(|name| folder.join(name)));
    }
    let missing = files.iter().find(|file| !file.is_file());
    missing.map_or(Ok(files.clone()), |file| Err(format!("{} isn't there", file.display())))
}
